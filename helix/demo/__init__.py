"""The demo organization: its files in `content/`, their schema and reader, and the loader that fills a database."""
