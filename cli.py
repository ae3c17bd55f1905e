"""Runs the command line from a checkout: `python cli.py compose --help`."""

from composer.start import main

if __name__ == "__main__":
    main()
