"""Password hashes, secrets at rest, tokens. Pure: keys come in as arguments."""
