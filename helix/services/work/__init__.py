"""What a task and its runs are: lookup, columns and positions, the rules of queueing. Imports no service above it."""
