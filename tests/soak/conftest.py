"""Animations off, before Textual is imported: it reads the variable once."""

import os

os.environ["TEXTUAL_ANIMATIONS"] = "none"
