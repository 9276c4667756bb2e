"""Reads anybody's model card and says what in it cannot be right, misleads, or is missing."""
