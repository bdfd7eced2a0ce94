"""Export, import and verification of a whole record."""
