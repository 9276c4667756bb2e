"""Acord: preference data in several languages into an aligned, measured, documented language model."""

__version__ = "0.1.0"
