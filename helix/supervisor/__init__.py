"""`helix run`: every process of an installation under one parent that starts, watches and stops them."""
