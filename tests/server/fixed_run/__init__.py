"""A fixed run of the whole contract, and the bytes that it must leave in the journal and on the wire.

Clock, ids, keys and form boundaries are counted, so the bytes of two runs differ only where the program does. What
they are is stored in `golden/`; `tests/server/test_fixed_run.py` compares, byte for byte.

`python -m tests.server.fixed_run --write` stores the bytes of the present program. It is for a change that is meant to
alter what is recorded or sent: a new event, key, header or call, other words in an error, another version number, a
library that words a fault otherwise. Read the difference first (the failing test prints it), and name it in the
changelog where a user, an agent or a reader of a folder would notice. A change that only moves, renames or cuts code
never needs it: then the code is wrong. Docstrings reach `openapi.json` alone, as descriptions: where they change, that
file may be stored anew (`--write openapi.json`), and no other.
"""
