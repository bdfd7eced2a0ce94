"""Comments that excuse a line from a test of the firewall, each with its reason.

`# not foreign: <reason>` stands where foreign text, or what looks like it, may become text uncleaned;
`# cleaned again: <reason>` where a cleaner could go, for another one follows. A comment at the end of a line speaks
of that line, one on a line of its own of the next line of code.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

NOT_FOREIGN = "not foreign"
CLEANED_AGAIN = "cleaned again"
_MARKER = re.compile(rf"#\s*({NOT_FOREIGN}|{CLEANED_AGAIN})\b\s*:?\s*(.*)")
_BETWEEN = (tokenize.NL, tokenize.COMMENT, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)


@dataclass(frozen=True, slots=True)
class Marker:
    """A comment, with the line of code that it excuses."""

    module: str
    line: int
    kind: str
    reason: str

    def __str__(self) -> str:
        """Return the place and the comment."""
        return f"{self.module}:{self.line} # {self.kind}: {self.reason}"

    def covers(self, module: str, first: int, last: int) -> bool:
        """Return whether the line is among those of an expression."""
        return self.module == module and first <= self.line <= last


def markers_in(module: str, source: str) -> Iterator[Marker]:
    """Yield the markers of a file."""
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    for index, token in enumerate(tokens):
        marker = _MARKER.match(token.string) if token.type == tokenize.COMMENT else None
        if marker is not None:
            yield Marker(module, _excused_line(tokens, index), marker[1], marker[2])


def _excused_line(tokens: Sequence[tokenize.TokenInfo], index: int) -> int:
    comment = tokens[index]
    if comment.line[: comment.start[1]].strip():
        return comment.start[0]
    return next(token.start[0] for token in tokens[index:] if token.type not in _BETWEEN)
