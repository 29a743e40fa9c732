"""The context store: what the desk remembers, where it came from, and who may see it."""
