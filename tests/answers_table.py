"""Answers to each of the ten field types, taken and refused: what form, store and server must agree on.

A row's `field` is the declaration as it stands on the wire; `kept` is the answer as it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from api_client.wire import Json


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer that its field takes, and what is kept of it."""

    name: str
    field: dict[str, Json]
    answer: Json
    kept: Json


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that its field refuses, and a part of what the person who answers is told."""

    name: str
    field: dict[str, Json]
    answer: Json
    words: str


def field(kind: str, **more: Json) -> dict[str, Json]:
    """Return a required field of the type `kind`, as on the wire."""
    return {"type": kind, "id": "f", "label": "Field", "required": True, **more}


def _taken(name: str, declared: dict[str, Json], *answers: Json) -> list[Taken]:
    return [Taken(f"{name} {answer!r:.40}", declared, answer, answer) for answer in answers]


def _refused(name: str, declared: dict[str, Json], words: str, *answers: Json) -> list[Refused]:
    return [Refused(f"{name} {answer!r:.40}", declared, answer, words) for answer in answers]


TEXT = field("Text")
SHORT = field("Text", minLength=2, maxLength=4)
EMAIL = field("Text", format="EMAIL")
PHONE = field("Text", format="PHONE")
URL = field("Text", format="URL")
AREA = field("TextArea")
NUMBER = field("Number", integerOnly=False)
WHOLE = field("Number", integerOnly=True)
CENTS = field("Number", integerOnly=False, min=0.1, max=0.3)
ADULT = field("Number", integerOnly=True, min=18, max=120)
TENTHS = field("Slider", min=0, max=1, step=0.1)
ODD_GRID = field("Slider", min=0.05, max=1, step=0.1)
SMOOTH = field("Slider", min=-1, max=1)
HUGE_GRID = field("Slider", min=-1e300, max=1e300, step=1e-300)
FRUIT = field("Select", options=["apple", "Äpfel", "林檎", ""])
BASKET = field("Multiselect", options=["apple", "pear", "fig"])
OPTIONAL_BASKET = field("Multiselect", options=["apple", "pear"], required=False)
DATE = field("DateField")
SPRING = field("DateField", min="2026-03-01", max="2026-05-31")
TIME = field("Time")
OFFICE = field("Time", min="09:00", max="17:30:30")
MOMENT = field("DateTime")
WINDOW = field("DateTime", min="2026-03-01T09:00:00Z", max="2026-03-01T17:00:00+05:00")
SWITCH = field("Switch")

TAKEN: list[Taken] = [
    *_taken("Text", TEXT, "x", " ", "Zoë", "مرحبا", "👩‍👩‍👧", "a\tb", "x" * 64_000),
    *_taken("Text of 2 to 4", SHORT, "ab", "abcd", "日本語"),
    *_taken("optional Text", field("Text", required=False), ""),
    *_taken("e-mail", EMAIL, "a@b.cd", "first.last+tag@mail.example.org", "用户@例え.jp"),
    *_taken("phone", PHONE, "1234567", "+49 30 123456", "(030) 123-456", "123.456.7890", "123456789012345"),
    *_taken("URL", URL, "http://a", "https://example.org:8443/p?q=1#f", "HTTPS://EXAMPLE.ORG", "http://[::1]/"),
    *_taken("TextArea", AREA, "one\ntwo", "one\r\ntwo\n", "\u2028"),
    *_taken("Number", NUMBER, 0, -1, 0.5, 1e300, 2**63 - 1, -(2**63 - 1)),
    *_taken("Number within decimals", CENTS, 0.1, 0.2, 0.3),
    *_taken("whole Number", WHOLE, 0, -7, 2**53 + 1),
    *_taken("whole Number within", ADULT, 18, 120),
    Taken("whole Number 4.0 kept as 4", WHOLE, 4.0, 4),
    Taken("whole Number -0.0 kept as 0", WHOLE, -0.0, 0),
    *_taken("Slider of tenths", TENTHS, 0, 0.1, 0.2, 0.3, 0.6, 0.7, 0.9, 1, 1.0),
    *_taken("Slider from 0.05", ODD_GRID, 0.05, 0.15, 0.95),
    *_taken("Slider without a step", SMOOTH, -1, 0.123456789, 1),
    *_taken("Slider of a huge grid", HUGE_GRID, -1e300, 1e300, 3e-300),
    *_taken("Select", FRUIT, "apple", "Äpfel", "林檎", ""),
    *_taken("Multiselect", BASKET, ["apple"], ["fig", "apple"], ["apple", "pear", "fig"]),
    *_taken("optional Multiselect", OPTIONAL_BASKET, []),
    *_taken("DateField", DATE, "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"),
    *_taken("DateField within", SPRING, "2026-03-01", "2026-05-31"),
    *_taken("Time", TIME, "00:00", "23:59", "23:59:59", "00:00:00"),
    *_taken("Time within", OFFICE, "09:00", "09:00:00", "17:30:30"),
    *_taken("DateTime", MOMENT, "2024-02-29T23:59:59", "2026-01-31T09:30"),
    *_taken("DateTime within, the bounds' zones dropped", WINDOW, "2026-03-01T09:00", "2026-03-01T17:00:00"),
    *_taken("Switch", SWITCH, True, False),
]

_NO_TEXT: tuple[Json, ...] = (1, True, ["x"], {"x": "y"})
_NO_NUMBER: tuple[Json, ...] = ("1", True, False, [1], {}, float("inf"), float("nan"))

REFUSED: list[Refused] = [
    *_refused("Text", TEXT, "must be text", *_NO_TEXT),
    *_refused("Text", TEXT, "must not be empty", ""),
    *_refused("Text", TEXT, "one line", "a\nb", "a\r", "\n", "a\u2028b", "a\x85b", "a\x0bb"),
    *_refused("Text", TEXT, "half a character", "\ud800", "ok\udfff"),
    *_refused("Text of 2 to 4", SHORT, "at least 2", "a"),
    *_refused("Text of 2 to 4", SHORT, "at most 4", "abcde"),
    *_refused(
        "e-mail", EMAIL, "e-mail", "a", "a@b", "a@b.", "a@.b", "@b.c", "a b@c.d", "a@b@c.d", "a@b..c", "a\x00@b.c"
    ),
    *_refused(
        "phone", PHONE, "phone", "123456", "1234567890123456", "+", "12a4567", "١٢٣٤٥٦٧", "+-1234567", "++1234567"
    ),
    *_refused(
        "URL", URL, "http", "example.org", "ftp://a", "http://", "http:///p", "javascript:alert(1)", "http://a b"
    ),
    *_refused("URL", URL, "http", "http://[::1", "http://:80", "https://a/\u202e", "http://a:port/"),
    *_refused("TextArea", AREA, "must be text", *_NO_TEXT),
    *_refused("TextArea", AREA, "must not be empty", ""),
    *_refused("TextArea", AREA, "half a character", "one\n\udc80"),
    *_refused("Number", NUMBER, "must be a number", *_NO_NUMBER),
    *_refused("Number", NUMBER, "too large", 2**63, -(2**63), 10**400),
    *_refused("whole Number", WHOLE, "whole number", 0.5, 1e-300),
    *_refused("whole Number", WHOLE, "too large", 1e300, 10**400),
    *_refused("whole Number", WHOLE, "must be a number", *_NO_NUMBER),
    *_refused("Number within decimals", CENTS, "at least 0.1", 0.09999999999999999, 0),
    *_refused("Number within decimals", CENTS, "at most 0.3", 0.30000000000000004, 1),
    *_refused("whole Number within", ADULT, "at least 18", 17),
    *_refused("whole Number within", ADULT, "at most 120", 121),
    *_refused("Slider of tenths", TENTHS, "0 plus a multiple of 0.1", 0.05, 0.30000000000000004, 1e-9),
    *_refused("Slider of tenths", TENTHS, "at least 0", -0.1),
    *_refused("Slider of tenths", TENTHS, "at most 1", 1.1),
    *_refused("Slider of tenths", TENTHS, "must be a number", *_NO_NUMBER),
    *_refused("Slider from 0.05", ODD_GRID, "0.05 plus a multiple of 0.1", 0.1, 1),
    *_refused("Slider of a huge grid", HUGE_GRID, "multiple", 1.5e-300),
    *_refused("Select", FRUIT, "one of the options", "Apple", "apple ", "A\u0308pfel", ["apple"], 0, True, {}),
    *_refused("Multiselect", BASKET, "list of options", "apple", {"apple": True}, [1], [["apple"]], True),
    *_refused("Multiselect", BASKET, "options only", ["kiwi"], ["apple", "kiwi"]),
    *_refused("Multiselect", BASKET, "repeat", ["apple", "apple"]),
    *_refused("Multiselect", BASKET, "at least one", []),
    *_refused(
        "DateField", DATE, "must be a date", "", "2026-1-1", "20260101", "2026-01-01T00:00", "01/02/2026", " 2026-01-01"
    ),
    *_refused("DateField", DATE, "must be a date", "٢٠٢٦-٠١-٠١", "2026-W01-1", "2026-01-01\n"),  # noqa: RUF001
    *_refused(
        "DateField",
        DATE,
        "calendar",
        "2026-02-29",
        "1900-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-04-31",
        "0000-01-01",
    ),
    *_refused("DateField", DATE, "must be text", *_NO_TEXT),
    *_refused("DateField within", SPRING, "at least 2026-03-01", "2026-02-28"),
    *_refused("DateField within", SPRING, "at most 2026-05-31", "2026-06-01"),
    *_refused(
        "Time", TIME, "must be a time", "", "9:30", "09.30", "0930", "09:30Z", "09:30+01:00", "09:30:15.5", "09:30 "
    ),
    *_refused("Time", TIME, "no time of day", "24:00", "24:00:00", "12:60", "23:59:60", "99:99"),
    *_refused("Time", TIME, "must be text", *_NO_TEXT),
    *_refused("Time within", OFFICE, "at least 09:00", "08:59:59"),
    *_refused("Time within", OFFICE, "at most 17:30:30", "17:30:31", "23:59:59"),
    *_refused(
        "DateTime", MOMENT, "without a zone", "2026-01-31T09:30Z", "2026-01-31T09:30+02:00", "2026-01-31 09:30", ""
    ),
    *_refused("DateTime", MOMENT, "without a zone", "2026-01-31", "2026-01-31T09:30:00.000001", "2026-01-31t09:30"),
    *_refused(
        "DateTime",
        MOMENT,
        "calendar",
        "2026-02-30T09:30",
        "2026-01-31T24:00",
        "2026-01-31T24:00:00",
        "2026-01-31T09:61",
    ),
    *_refused("DateTime", MOMENT, "must be text", *_NO_TEXT),
    *_refused("DateTime within", WINDOW, "at least 2026-03-01T09:00", "2026-03-01T08:59:59"),
    *_refused("DateTime within", WINDOW, "at most 2026-03-01T17:00", "2026-03-01T17:00:01"),
    *_refused("Switch", SWITCH, "yes or no", 0, 1, "true", "", [], {}),
]

BAD_DECLARATIONS: list[tuple[str, dict[str, Json]]] = [
    ("no id", {"type": "Text", "label": "L", "required": True}),
    ("an empty id", field("Text", id="")),
    ("no label", {"type": "Text", "id": "f", "required": True}),
    ("no required", {"type": "Text", "id": "f", "label": "L"}),
    ("required as text", field("Text", required="true")),
    ("lengths crossed", field("Text", minLength=3, maxLength=2)),
    ("a negative length", field("TextArea", minLength=-1)),
    ("a fractional length", field("TextArea", maxLength=1.5)),
    ("an unknown format", field("Text", format="IBAN")),
    ("a format on a TextArea", field("TextArea", format="URL")),
    ("no integerOnly", field("Number")),
    ("Number bounds crossed", field("Number", integerOnly=False, min=2, max=1)),
    ("a Number bound as text", field("Number", integerOnly=False, min="1")),
    ("a Number bound as a switch", field("Number", integerOnly=False, min=True)),
    ("an endless Number bound", field("Number", integerOnly=False, max=float("inf"))),
    ("a Number bound past all floats", field("Number", integerOnly=False, max=10**400)),
    ("a Slider without bounds", field("Slider")),
    ("a Slider without its end", field("Slider", min=0)),
    ("a step of nothing", field("Slider", min=0, max=1, step=0)),
    ("a negative step", field("Slider", min=0, max=1, step=-0.1)),
    ("Slider bounds crossed", field("Slider", min=1, max=0)),
    ("no options", field("Select")),
    ("empty options", field("Select", options=[])),
    ("empty options", field("Multiselect", options=[])),
    ("an option that is no text", field("Multiselect", options=["a", 1])),
    ("a date bound out of the calendar", field("DateField", min="2026-02-29")),
    ("date bounds crossed", field("DateField", min="2026-02-02", max="2026-02-01")),
    ("a date bound of a time that is none", field("DateField", min="2026-02-01T")),
    ("a date bound with a zone alone", field("DateField", min="2026-02-01Z")),
    ("a time bound past midnight", field("Time", max="24:00")),
    ("a time bound with a date", field("Time", max="2026-02-01T09:00:00Z")),
    ("a time bound with a fraction of a minute", field("Time", max="09:00.5")),
    ("zoned time bounds crossed", field("Time", min="10:00:00+02:00", max="09:59:59Z")),
    ("time bounds crossed", field("Time", min="10:00", max="09:59:59")),
    ("a moment that is none", field("DateTime", min="soon")),
    ("moments crossed", field("DateTime", min="2026-01-02T00:00", max="2026-01-01T23:59")),
    ("an unknown key", field("Switch", min=1)),
    ("an unknown type", field("Colour")),
    ("no type", {"id": "f", "label": "L", "required": True}),
]
