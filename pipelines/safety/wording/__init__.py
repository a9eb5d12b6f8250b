"""Words as readers take them: without disguises, in a language, with slots for names."""
