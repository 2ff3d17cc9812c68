"""`python -m helix`."""

from helix.cli import main

main(prog_name="helix")
