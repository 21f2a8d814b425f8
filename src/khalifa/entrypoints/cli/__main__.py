"""The command `khalifa` and `python -m khalifa.entrypoints.cli`, as `up` starts its children."""

from khalifa.entrypoints.start import pause_collector


def main() -> None:
    """Be the command `khalifa`."""
    pause_collector()
    from khalifa.entrypoints.cli.main import main as khalifa  # noqa: PLC0415 - once all is set

    khalifa()


if __name__ == "__main__":
    main()
