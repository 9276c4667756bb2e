"""Talking to a model in a terminal: one answer, a session, and two replies compared blind."""
