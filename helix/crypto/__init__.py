"""Password hashes, encrypted columns, one-time tokens."""
