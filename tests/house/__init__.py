"""The figures of the house: circles of imports, rooms, towers, names, lengths, docstrings, and Textual's private parts.

`make house` measures them and ends with 1 where a limit is broken; `python -m tests.house --report` only prints, and
`--all` lists every place. A limit is changed here with its reason, or kept.
"""
