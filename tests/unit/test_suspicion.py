# ruff: noqa: RUF001 - lookalikes are what is tried here
"""What in a text is not what it seems is counted, and can be read letter by letter."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumpup_tui.text.suspicion import Suspicion, count_hidden, inspect_text, spelt_out, suspicion_of
from tests.unit.test_text import ANY_TEXT, NASTY
from tests.waiting import grows_no_faster_than_its_input

ODD = st.text(st.sampled_from("аbсdе pay\u202e\u200b\ufe0f⚠１ﬁ∕/日本,，́\n\r\t\\\x1b\ud800Ωǃ"), max_size=40)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain\ntext,\r\n\ttabs", Suspicion()),
        ("\u202eevil\u200b", Suspicion(hidden=2)),
        ("\x1b]0;x\x07", Suspicion(hidden=2)),
        ("a\ud800\u3164\U000e0041", Suspicion(hidden=3)),
        ("warn ⚠\ufe0f 1\ufe0f\u20e3 ℹ\ufe0f", Suspicion()),
        ("a\ufe0fb\ufe0f\ufe0f", Suspicion(hidden=3)),
        ("pаypal", Suspicion(lookalikes=1, mixed=1)),
        ("Москвa", Suspicion(lookalikes=1, mixed=1)),
        ("сосо wants money", Suspicion(lookalikes=4)),
        ("paypal.com∕refund", Suspicion(lookalikes=1)),
        ("ɑpple", Suspicion(lookalikes=1)),
        ("λx", Suspicion(mixed=1)),
        ("Ａcme ﬁne 𝐛old", Suspicion(forms=3)),
        ("Ａccοunt", Suspicion(lookalikes=1, mixed=1, forms=1)),
        (
            "日bcd！ ！bcd日",
            Suspicion(forms=2),
        ),  # wide marks are usual within three characters of East Asian ones
        ("日本Ａ 日本﹖", Suspicion(forms=2)),  # wide letters and other forms of marks are not, anywhere
        ("‼ and ‼\ufe0f!", Suspicion(forms=1)),
        ("Հայերեն։ in an English text", Suspicion(lookalikes=1)),
        ("payǃ now", Suspicion(lookalikes=1)),
        ("$1,OOO", Suspicion(lookalikes=3)),
        ("1,OOO l,000 1O0 C-1O29 1O:30 l00 I,000.00", Suspicion(lookalikes=9)),
        ("USD1OO 1OO USD $OOO €5OO $10l $1,S00", Suspicion(lookalikes=11)),
        ("5 OOO 1\u00a0OOO 1OOk", Suspicion(lookalikes=8)),
        ("1,ООО рублей", Suspicion(lookalikes=3)),  # of Cyrillic, where they are letters of the text's own
        ("Amount: ١٢٣", Suspicion(digits=3)),
        ("order ۰", Suspicion(digits=1)),
        ("1٠0 مرحبا مرحبا", Suspicion(digits=1)),  # of the text's own script, but within another number
        ("हिन्दी ১২", Suspicion(digits=2)),
        ("a" + " " * 17 + "b" + " " * 40, Suspicion(gaps=2)),
        ("a" + "\t" * 5 + "b" + "\u00a0" * 17, Suspicion(gaps=2)),
        ("Amount\u3000$24", Suspicion(gaps=1)),
        ("Amount\u3000\u3000\u3000$24", Suspicion(gaps=1)),
        ("日本" + "\u3000" * 9 + "語", Suspicion(gaps=1)),
        ("e" + "\u0301" * 20, Suspicion(hidden=16)),
        ("ก" + "\u0e34" * 6 + " a" + "\u20dd" * 5, Suspicion(hidden=3)),
        ("कि" + "\u093f" * 5 + "\u1100" + "\u1161" * 6, Suspicion(hidden=4)),
        ("сос abc", Suspicion(lookalikes=3)),  # as many letters of either: the text is taken for Latin
    ],
)
def test_what_is_not_what_it_seems_is_counted(text: str, found: Suspicion) -> None:
    assert suspicion_of(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Это сор и а, москва — сорок",
        "Zoë naïve Ångström Kraków İstanbul ılık straße “quoted” – 5 × 3 … ½ m² ™",
        "日本語，テスト。（全角）",
        "한국어 API서버",
        "हिन्दी मराठी",
        "مرحبا ۱۲۳",
        "ไทยน้ำ",
        "Ελληνικά και Latin",
        "नमस्ते 👍 ❤️",
        "日bc！ ！bc日",
        "日！",
        "Հայերեն։ Այո։",
        "þ and ı are letters of their own",
        "Москва pays the rest, ем too, to З",  # not every letter of these words passes for a Latin one
        "Это сор и а, москва — сорок для Acme",
        "an English text about ノート",
        "Client محمد paid ١٢٣ yesterday",
        "हिन्दी १२३ और 456",
        "C-1029 O2, CO2, H2O, O365, O2O, I-95, I9, B2B, 4S, 5B, S3, 5G, 3D, l2 norm, l10n, 1st",
        "10l and a 2.0l engine, 1o e 2o, section I.2, I.10 and 1.II, $5B, $10k, $2.5bn, USD 5B, EUR 1,000.00",
        "100 lol 2 Ill men 0b1o1x evt_0Ol1x $lo $IO",
        "ООО «Ромашка», дом 5б, 10А",
        "| Name             | Amount |\n| :--------------- | -----: |",
        "def f():\n            return 1\n\tx\t\ty",
        "　日本語　テスト",
        "नमस्ते बी ကြွေး བསྒྲུབས 각",
        "a漢한 aカ漢ひ aㄅ漢",  # each of the sets of scripts that are written together, whole
    ],
)
def test_ordinary_text_of_any_writing_raises_no_flag(text: str) -> None:
    """A flag that is always up is read by no one."""
    assert not suspicion_of(text), (text, suspicion_of(text))


def test_the_counts_are_told_in_words() -> None:
    assert Suspicion(3, 1).words == "3 hidden, 1 looks like something else"
    assert (
        Suspicion(0, 2, 1, 1_000).words
        == "2 look like something else, 1 word of mixed alphabets, 1,000 in another form"
    )
    assert Suspicion(digits=1, gaps=2).words == "1 digit of another script, 2 wide gaps"
    assert Suspicion(digits=2, gaps=1).words == "2 digits of another script, 1 wide gap"
    assert not Suspicion().words


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("plain C:\\dir", "plain C:\\\\dir"),
        ("a\nb\t", "a\\n\nb\\t"),
        ("\x1b[31m", "\\x1b[31m"),
        ("pаypal", "p\\u0430ypal"),
        ("Москвa", "Москв\\x61"),
        ("aа plain", "a\\u0430 plain"),  # one letter of either: the text around tells which one is foreign
        ("\u202e\ud800\U000e0041", "\\u202e\\ud800\\U000e0041"),
        ("e\u0301 é 山", "e\\u0301 é 山"),
        ("$1,OO0", "$1,\\x4f\\x4f0"),
        ("Amount: ١", "Amount: \\u0661"),
        ("a\u3000b", "a\\u3000b"),
        ("a" + " " * 17 + "b", "a\\x20" + " " * 16 + "b"),
    ],
)
def test_the_raw_text_spells_out_what_is_not_what_it_seems(text: str, spelt: str) -> None:
    assert spelt_out(text) == spelt


@given(st.one_of(ANY_TEXT, NASTY, ODD))
def test_the_raw_text_is_all_of_the_text(text: str) -> None:
    """Read as a Python string, its line ends aside, it is the text again; and it steers nothing."""
    spelt = spelt_out(text, limit=10_000)
    assert all(char == "\n" or (char.isprintable() and char != "\ufe0f") for char in spelt)
    assert ast.literal_eval('"' + spelt.replace("\n", "").replace('"', '\\"') + '"') == text


@given(st.one_of(ANY_TEXT, NASTY, ODD))
def test_examining_is_looking_and_spelling_in_one(text: str) -> None:
    assert inspect_text(text, limit=30) == (suspicion_of(text, limit=30), spelt_out(text, limit=30))


@given(st.one_of(ANY_TEXT, NASTY, ODD))
def test_what_is_hidden_is_counted_alike_without_a_look_at_alphabets(text: str) -> None:
    assert count_hidden(text, limit=30) == suspicion_of(text, limit=30).hidden


@given(st.one_of(ANY_TEXT, NASTY, ODD), st.one_of(ANY_TEXT, NASTY, ODD))
def test_nothing_is_found_twice_or_lost(one: str, other: str) -> None:
    """No count is over the characters there are; hidden ones are found whatever stands beside them."""
    both = suspicion_of(one + "\n" + other)
    assert both.hidden + both.lookalikes + both.forms <= len(one) + len(other)
    assert both.hidden >= suspicion_of(one.rstrip("\r")).hidden


def test_what_is_cut_is_counted_in_the_raw_text_too() -> None:
    assert spelt_out("x" * 12, limit=10) == "x" * 10 + "… +2 characters"


@pytest.mark.parametrize(
    "unit",
    ["a", "\x1b", "а", "аb", "Ａ", "\u202ea", "山", "\ufe0f", "e\u0301", "1O", "1,OOO ", "٠", "\u0301", " ", "\u3000"],
)
def test_a_megabyte_is_no_burden(unit: str) -> None:
    """What is shown is capped, and so is what is looked at: a guard against hanging, not a measurement."""
    big = unit * (1_000_000 // len(unit))
    assert grows_no_faster_than_its_input(lambda size: (suspicion_of(big[:size]), spelt_out(big[:size])), len(big) // 4)
