"""Text in and out: markdown, mentions, times, files' words. Pure functions."""
