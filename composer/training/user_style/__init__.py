"""A style learned from a user's music: files read, a model tuned, habits counted."""
