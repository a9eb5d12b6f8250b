"""Where PostgreSQL comes from when no DATABASE_URL names a server."""
