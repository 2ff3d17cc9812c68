"""The HTML door: pages and their HTMX parts."""
