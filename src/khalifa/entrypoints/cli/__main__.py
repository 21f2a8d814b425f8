"""`python -m khalifa.entrypoints.cli`: the command as `up` starts its children."""

from khalifa.entrypoints.cli.main import main

main()
