"""The command line, one file a step; everything heavy is imported when a command runs."""
