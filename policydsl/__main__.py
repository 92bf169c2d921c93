"""`python -m policydsl`."""

from policydsl.cli import main

main()
