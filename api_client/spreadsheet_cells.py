"""Cells of a table that people open in a spreadsheet, where none may act as a formula."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")  # noqa: RUF001 - spreadsheets take the wide ones too


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, however much white space stands before it."""
    return f"'{cell}" if cell.lstrip(" \u00a0\ufeff").startswith(_FORMULA) else cell
