"""The business logic: the only code that writes to the database. Called by the API, the web pages, jobs and the CLI."""
