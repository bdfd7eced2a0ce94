"""Grants on the screens: the trial of one before it is given, and the list of what each did (CONTRACT.md part 4)."""
