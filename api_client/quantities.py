"""Quantities in foreign text: a number with its unit, where both are certain; no unit and no separator is guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

LONGEST = 40
"""Characters of a text that may be a quantity."""
_QUANTITY = re.compile(
    r"(?P<sign>[-−+]?)(?P<before>[^\W\d_]{0,3}\W?)[ \xa0]?"  # noqa: RUF001 - the minus sign, meant
    r"(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?P<part>\.[0-9]{1,6})?[ \xa0]?(?P<after>[^\W\d_]{0,8}|\W)"
)
_CODE = re.compile("[A-Z]{3}")
"""A currency's code, as it stands before a number; other letters there make it a name, like `A12`."""
_CURRENCY = re.compile(r"(?:US|CA|AU|NZ|HK|MX|NT|A|C|R|S)\$|kr|zł|Kč|Ft")
_CODES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP "
    "CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB "
    "RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
    "UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG"
)
_CURRENCIES = frozenset(_CODES.split())
"""The currencies of ISO 4217."""
_NO_CURRENCIES = "₿¤"
"""Signs that stand for none of them: one of such a unit may be worth thousands."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit as it was written."""

    number: Decimal
    prefix: str
    """The unit before the number, as `$`."""
    suffix: str
    """The unit after it, as ` kg`, with the blank between."""
    decimals: int

    @property
    def unit(self) -> tuple[str, str]:
        """What quantities must have in common to be added or compared."""
        return self.prefix.strip(), self.suffix.strip()

    @property
    def has_sum(self) -> bool:
        """Whether quantities of its unit are added up: numbers of anything, and shares, are not."""
        return self.unit not in (("", ""), ("", "%"))

    def words(self, number: Decimal, decimals: int) -> str:
        """Return another number, written as this one."""
        sign = "-" if number < 0 else ""
        return f"{sign}{self.prefix}{abs(number):,.{decimals}f}{self.suffix}"


def quantity_of(text: str) -> Quantity | None:
    """Return the quantity that a text is, None where it is something else or could be read in two ways."""
    return _short_quantity(text) if len(text) <= LONGEST else None


@lru_cache(4096)
def _short_quantity(text: str) -> Quantity | None:
    """Return the quantity; cached, for each rule, filter and column reads the same texts again."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        return None
    sign, before, digits, part, after = match.group("sign", "before", "digits", "part", "after")
    is_ambiguous = part is not None and len(part) == 4 and "," not in digits  # `1.234` is a thousand to some
    if is_ambiguous or not (_is_unit_before(before.strip()) and _is_unit_after(after)):
        return None
    number = Decimal(digits.replace(",", "") + (part or ""))
    start, end = match.span("digits")[0], match.end("part") if part else match.end("digits")
    written = match.string
    return Quantity(
        -number if sign and sign != "+" else number,
        written[len(sign) : start],
        written[end:],
        len(part) - 1 if part else 0,
    )


def amount_of(text: str) -> Decimal | None:
    """Return the amount that a text is, as `$4,100.00`; None where it can't be read as one number.

    Its unit is a currency or none: another may be a multiple, as in `4k` and `4 Mio`.
    """
    return _short_amount(text) if len(text) <= LONGEST else None


def amount_in(text: str, unit: str) -> Decimal | None:
    """Return the amount that a text is in this very unit, as `$`; None where it is in another one or can't be read."""
    quantity = quantity_of(text)
    return quantity.number if quantity is not None and "".join(quantity.unit) == unit.strip() else None


@lru_cache(4096)
def _short_amount(text: str) -> Decimal | None:
    quantity = _short_quantity(text)
    return quantity.number if quantity is not None and all(map(_is_currency, quantity.unit)) else None


def total_of(texts: Sequence[str]) -> str:
    """Return the sum of quantities of one unit as it would be written; empty where it is not certain."""
    quantities = [quantity_of(text) for text in texts]
    known = [quantity for quantity in quantities if quantity is not None]
    if not known or len(known) < len(texts) or len({quantity.unit for quantity in known}) > 1:
        return ""
    if not known[0].has_sum:
        return ""
    total = sum((quantity.number for quantity in known), Decimal())
    return known[0].words(total, max(quantity.decimals for quantity in known))


def difference_words(before: str, after: str) -> str:
    """Return by how much a quantity is higher or lower than another of its unit; empty where that is not certain."""
    old, new = quantity_of(before), quantity_of(after)
    if old is None or new is None or old.unit != new.unit or old.number == new.number:
        return ""
    gap = new.number - old.number
    size = new.words(abs(gap), max(old.decimals, new.decimals))
    return f"{size} {'higher' if gap > 0 else 'lower'}"


def _is_unit_before(text: str) -> bool:
    letters = text.rstrip("".join(char for char in text if unicodedata.category(char) == "Sc"))
    if letters == text:
        return not text or _CODE.fullmatch(text) is not None
    return not letters or letters.isalpha()


def _is_unit_after(text: str) -> bool:
    is_sign = len(text) == 1 and unicodedata.category(text) == "Sc"  # `²²` is several and no letter either
    return not text or text.isalpha() or text == "%" or is_sign


def _is_currency(unit: str) -> bool:
    is_sign = len(unit) == 1 and unicodedata.category(unit) == "Sc" and unit not in _NO_CURRENCIES
    return not unit or is_sign or unit in _CURRENCIES or _CURRENCY.fullmatch(unit) is not None
