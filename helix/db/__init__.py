"""The database: connections, the transaction, reads of plain rows, and row locks."""
