class BadContent(ValueError):
    """A file of the demo organization is wrong. The message names the file and what to correct."""
