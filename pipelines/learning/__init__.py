"""Learning: models with lineage, and learnings that people accept."""
