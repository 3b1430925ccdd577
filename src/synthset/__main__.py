"""`python -m synthset`: the command line."""

from synthset.cli.app import main

if __name__ == "__main__":
    main()
