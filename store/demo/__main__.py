"""`python -m store.demo`: a generated workspace in a new folder."""

from store.demo.workspace import main

main()
