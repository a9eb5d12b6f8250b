"""What Liftline itself looks for in a message: one pure function a file, each with the reason for its rule."""
