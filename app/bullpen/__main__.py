"""`python -m bullpen`: the command line without an installed script."""

from bullpen.cli import main

if __name__ == "__main__":
    main()
