"""HELIX Mission Control: where teams run AI agents like colleagues."""

__version__ = "0.1.0"
