"""Files of a folder, one module a format, turned into documents; every mistake of the folder is named at once."""
