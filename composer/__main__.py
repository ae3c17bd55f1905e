"""`python -m composer`: the `cantilena` command."""

from composer.start import main

if __name__ == "__main__":
    main()
