"""A whole Liftline in one folder, and back: databases, the files of the state folder, and proof of each."""
