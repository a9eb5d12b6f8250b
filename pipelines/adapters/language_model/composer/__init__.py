"""Copy without a model: facts are taken from passages, chosen for a reader, put in order by strategy, and cited."""
