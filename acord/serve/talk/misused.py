"""What a person typed that cannot be done."""


class Misused(Exception):
    """One line in the interface's language, for whoever typed it; the session goes on."""
