"""Runs the command line from a checkout: `python cli.py compose --help`."""

from composer.cli import app

if __name__ == "__main__":
    app()
