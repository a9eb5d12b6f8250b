"""A campaign is sent while everything under it fails; `python -m tests.chaos`, which `make test` does not run."""
