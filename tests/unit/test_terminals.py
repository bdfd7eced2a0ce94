"""Which terminals are asked to report the mouse."""

from __future__ import annotations

import pytest

from pumpup_tui.commands.terminals import reports_mouse


@pytest.mark.parametrize(
    ("environment", "reports"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({}, True),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux-0/default,1,0"}, True),
        ({"TERM": "tmux-256color"}, True),
        ({"TERM": "screen"}, False),
        ({"TERM": "screen.xterm-256color"}, False),
        ({"TERM": "xterm-256color", "STY": "42.pts-0.host"}, False),
    ],
)
def test_a_screen_is_not_asked(environment: dict[str, str], reports: bool) -> None:
    """Within GNU screen, also where only TERM tells of it, escape would come a key late."""
    assert reports_mouse(environment) is reports
