"""What happened, told to the systems of others: signed, in the order of an outbox, tried again until it is taken."""
