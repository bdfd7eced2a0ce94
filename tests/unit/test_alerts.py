"""What is written to the terminal beside the screens: the title, the bell, a notification."""

from __future__ import annotations

from pumpup_tui.backend.alerts import ALERT_SECONDS, Alerts
from pumpup_tui.local_state.preferences import Preferences


class Heard:
    """Alerts that are listened to."""

    def __init__(self, term: str = "xterm-256color", *, bell: bool = False, desktop: bool = False) -> None:
        self.written: list[str] = []
        self.rings = 0
        self.now = 100.0
        preferences = Preferences(bell=bell, desktop=desktop)
        self.alerts = Alerts(
            preferences, write=self.written.append, ring=self._ring, term=term, monotonic=lambda: self.now
        )

    def _ring(self) -> None:
        self.rings += 1


def test_the_title_holds_the_count_and_comes_back() -> None:
    """Written where it changed, the old one kept by the terminal meanwhile."""
    heard = Heard()
    for count in ("3", "3", "4"):
        heard.alerts.count(count)
    heard.alerts.close()
    assert heard.written == [
        "\x1b[22;2t\x1b]2;Pump Up · 3 waiting\x07",
        "\x1b]2;Pump Up · 4 waiting\x07",
        "\x1b[23;2t",
    ]


def test_nothing_rings_by_itself() -> None:
    """Bell and notification are off until they are chosen."""
    heard = Heard()
    heard.alerts.asked(["Refund"])
    assert (heard.written, heard.rings) == ([], 0)


def test_many_at_once_ring_once() -> None:
    """A burst is one bell; what comes later rings again."""
    heard = Heard(bell=True)
    heard.alerts.asked(["a", "b"])
    heard.now += ALERT_SECONDS / 2
    heard.alerts.asked(["c"])
    assert heard.rings == 1
    heard.now += ALERT_SECONDS
    heard.alerts.asked(["d"])
    assert heard.rings == 2


def test_an_agents_words_are_cleaned_in_a_notification() -> None:
    """What would end the sequence or begin another is shown, not sent; the text is short."""
    heard = Heard(desktop=True)
    heard.alerts.asked(["4;1;\x07\x1b]52;c;aGk=\x07\u202e\x9c" + "x" * 500, "b"])
    (told,) = heard.written
    inside = told.removeprefix("\x1b]9;").removesuffix("\x07")
    assert inside.startswith("Pump Up: 4;1;␇␛]52;c;aGk=␇")
    assert inside.endswith("characters (and 1 more)")
    assert inside.isprintable()
    assert len(inside) < 200


def test_a_terminal_that_would_print_it_gets_none() -> None:
    """The Linux console knows no such sequences."""
    for term in ("linux", "dumb", "", "vt100"):
        heard = Heard(term, desktop=True)
        heard.alerts.count("3")
        heard.alerts.asked(["Refund"])
        assert heard.written == []
