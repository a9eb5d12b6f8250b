"""Recipients who are made up, with a known true effect: what they do comes back as a provider would tell it."""
