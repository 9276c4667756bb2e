"""Preference data: sources of several schemas become rows of one contract, the pair. Never imports torch."""
