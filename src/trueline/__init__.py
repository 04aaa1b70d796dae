"""Trueline holds every sold offering to the line it promised."""

__version__ = "0.1.0"
