"""What happens: sentences of the product, and the only writers."""
