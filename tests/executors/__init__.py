"""The same launch by real DAGs under each executor: `make executors`."""
