"""``python -m ltix_data.cli``."""

from . import main

main(prog_name="ltix-data")
