"""The cases of the demo: tasks that its agent works on and brings to a person.

Pure data made from a `random.Random`: the same seed gives the same cases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from api_client.fields import (
    AnyField,
    DateField,
    DateTimeField,
    MultiselectField,
    NumberField,
    SelectField,
    SliderField,
    SwitchField,
    TextAreaField,
    TextField,
    TimeField,
)
from api_client.models import ApprovalRecommendation, FieldBid, Outcome, OutcomeType
from api_client.wire import Json
from store.demo.sample_files import File, photo, text_file
from store.demo.workflows import CLAIMS, REFUNDS, VENDORS, WORKFLOWS, Workflow


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval that the agent asks for."""

    summary: str
    context: dict[str, str]
    recommendation: ApprovalRecommendation | None = None


@dataclass(frozen=True, slots=True)
class Elicitation:
    """An elicitation that the agent asks for."""

    summary: str
    context: dict[str, str]
    fields: tuple[AnyField, ...]
    bids: tuple[FieldBid, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One task, from its creation to what is done once a person has answered."""

    workflow: Workflow
    name: str
    external_id: str
    facts: dict[str, Json]
    worked: tuple[str, ...]
    asks: tuple[Approval | Elicitation, ...]
    finish: str
    more: str
    files: tuple[File, ...] = field(default=())


PEOPLE = (
    "Dana Whitfield",
    "Zoë Okonkwo-Lindqvist",
    "王小明",
    "ليلى حداد",
    "Maximiliana Featherstonehaugh-Castellanos de la Vega y Montenegro",
    "Priya Raman",
    "Ole Sørensen",
    "Team 🚲 Kraków",
    "山田 花子",
    "Grace O'Malley",
)
VENDOR_NAMES = (
    "Northwind Paper GmbH",
    "株式会社みらい物流",
    "Blue Heron Catering",
    "شركة النور للتوريدات",
    "Ångström Optik AB",
    "The Exceedingly Thorough Facility Cleaning & Window Washing Company of Greater Manchester Ltd.",
)


def recommend(kind: OutcomeType, confidence: float, rationale: str, note: str | None = None) -> ApprovalRecommendation:
    """Return the agent's recommendation."""
    return ApprovalRecommendation(outcome=Outcome(type=kind, note=note), confidence=confidence, rationale=rationale)


def make_case(rng: Random, number: int, today: date) -> Case:
    """Return the case with this number, from 0.

    The first ones go through every kind of request, so that each field type is soon on the screen.
    """
    make = MAKERS[number % len(MAKERS)] if number < 2 * len(MAKERS) else rng.choice(MAKERS)
    return make(rng, number, today)


def _refund(rng: Random, number: int, today: date) -> Case:
    who, amount = rng.choice(PEOPLE), rng.randrange(18, 900)
    order = f"O-{58000 + number * 37}"
    reason = rng.choice(["Lost package: tracking and photos provided", "Wrong size, unworn", "Charged twice"])
    return Case(
        WORKFLOWS[REFUNDS],
        f"Order {order} · {who}",
        order,
        {"customer": who, "amount": amount, "currency": "USD"},
        ("Read the customer's three messages", f"Matched the order in the shop: {order}, paid by card"),
        (
            Approval(
                f"Refund ${amount} on order {order}",
                {"Amount": f"${amount}", "Order": order, "Customer": who, "Reason": reason},
                recommend(
                    "APPROVE", round(rng.uniform(0.82, 0.97), 2), "The carrier confirms it; within the refund policy."
                ),
            ),
        ),
        finish=f"Refunded ${amount} to the card ending in {rng.randrange(1000, 9999)}",
        more="The carrier's scan history: last seen in Leipzig, marked lost after 10 days",
        files=(text_file("messages.txt", [f"{who}: where is my parcel?", "Shop: we are looking into it.", reason]),),
    )


def _claim_payout(rng: Random, number: int, today: date) -> Case:
    who, amount = rng.choice(PEOPLE), rng.randrange(900, 9000, 50)
    claim, doubt = f"C-{1029 + number}", rng.random() < 0.4
    recommendation = (
        recommend("REJECT", 0.62, "The photo's date is two weeks before the incident.")
        if doubt
        else recommend("APPROVE", 0.91, "Damage matches the reported cause; within policy limits.")
    )
    return Case(
        WORKFLOWS[CLAIMS],
        f"Claim {claim} · {who}",
        claim,
        {
            "claimant": who,
            "amount": amount,
            "policy": f"P-{rng.randrange(10**6):06}",
            "risk": "high" if doubt else "low",
        },
        ("Classified the claim as water damage", "Compared the photos with the estimate"),
        (
            Approval(
                f"Release ${amount:,} payout on claim {claim}",
                {
                    "Amount": f"${amount:,}",
                    "Deductible": "$250",
                    "Claimant": who,
                    "Cause": rng.choice(["Burst pipe in the kitchen", "Hail 🌨️ on the carport", "Storm: roof tiles"]),
                },
                recommendation,
            ),
        ),
        finish=f"Ordered the transfer of ${amount:,}",
        more="The adjuster's call: the neighbour saw the water on the same evening",
        files=(
            photo("damage.png", rng),
            text_file("estimate.csv", ["item,usd", f"floor,{amount - 300}", "labour,300"]),
        ),
    )


def _claim_details(rng: Random, number: int, today: date) -> Case:
    who, claim = rng.choice(PEOPLE), f"C-{1029 + number}"
    guess = today - timedelta(days=rng.randrange(2, 30))
    return Case(
        WORKFLOWS[CLAIMS],
        f"Claim {claim} · {who}",
        claim,
        {"claimant": who, "channel": "phone"},
        ("Transcribed the call (4 min 12 s)", "Found no date of the incident in the transcript"),
        (
            Elicitation(
                f"Need details on the incident of claim {claim}",
                {"Claimant": who, "Heard": "“…it must have been that Sunday, after lunch…”"},
                (
                    DateField(id="incident_date", label="Date of the incident", required=True, max=today.isoformat()),
                    TimeField(id="incident_time", label="Time of day", required=False),
                    TextAreaField(
                        id="what_happened",
                        label="What happened",
                        description="In the claimant's words where you have them",
                        required=True,
                        min_length=10,
                        max_length=2000,
                    ),
                ),
                (
                    FieldBid(field_id="incident_date", value=guess.isoformat(), confidence=0.55, rationale="a Sunday"),
                    FieldBid(field_id="incident_time", value="14:00", confidence=0.4, rationale="“after lunch”"),
                ),
            ),
            Approval(
                f"Open claim {claim} with the details given",
                {"Claimant": who, "Next": "an adjuster is sent within two days"},
                recommend("APPROVE", 0.88, "The details are complete now."),
            ),
        ),
        finish="Booked an adjuster and closed the intake",
        more="Played the call again: the claimant names the kitchen twice",
    )


def _refund_method(rng: Random, number: int, today: date) -> Case:
    who, order = rng.choice(PEOPLE), f"O-{58000 + number * 37}"
    amount = rng.randrange(20, 400)
    return Case(
        WORKFLOWS[REFUNDS],
        f"Order {order} · {who}",
        order,
        {"customer": who, "amount": amount},
        ("The card of the order has expired", "Looked for another way to pay in the customer's account"),
        (
            Elicitation(
                f"How should {who} get ${amount} back?",
                {"Order": order, "Amount": f"${amount}", "Card": "expired 01/26"},
                (
                    SelectField(
                        id="method", label="Refund by", required=True, options=("Bank transfer", "Voucher", "New card")
                    ),
                    TextField(
                        id="email", label="E-mail for the receipt", required=True, format="EMAIL", max_length=120
                    ),
                    NumberField(
                        id="amount", label="Amount (USD)", required=True, integer_only=False, min=0, max=amount
                    ),
                    SwitchField(id="apology", label="Add a $5 voucher as an apology", required=True),
                ),
                (
                    FieldBid(
                        field_id="method", value="Voucher", confidence=0.6, rationale="the customer's last choice"
                    ),
                    FieldBid(field_id="amount", value=amount, confidence=0.97),
                    FieldBid(field_id="apology", value=True, confidence=0.7),
                ),
            ),
        ),
        finish="Sent the refund and its receipt",
        more="The account's history: three orders, none returned before",
    )


def _profile_fields(today: date) -> tuple[AnyField, ...]:
    return (
        TextField(id="phone", label="Phone of the contact", required=True, format="PHONE"),
        TextField(id="site", label="Web site", required=False, format="URL"),
        MultiselectField(
            id="certificates",
            label="Certificates seen",
            required=True,
            options=("ISO 9001", "ISO 14001", "ISO 27001", "HACCP", "none of these"),
        ),
        SliderField(id="risk", label="Risk, 0 none to 1 high", required=True, min=0, max=1, step=0.1),
        DateTimeField(
            id="call",
            label="When to call them",
            required=False,
            min=f"{today.isoformat()}T00:00:00",
        ),
    )


def _vendor_profile(rng: Random, number: int, today: date) -> Case:
    vendor = rng.choice(VENDOR_NAMES)
    return Case(
        WORKFLOWS[VENDORS],
        vendor,
        f"V-{300 + number}",
        {"vendor": vendor, "country": rng.choice(["DE", "JP", "GB", "AE", "SE"])},
        ("Read the application form", "Checked the trade register: active since 2011"),
        (
            Elicitation(
                f"Complete the profile of {vendor}",
                {"Missing": "phone, web site, certificates"},
                _profile_fields(today),
                (
                    FieldBid(
                        field_id="certificates", value=["ISO 9001"], confidence=0.8, rationale="on their web site"
                    ),
                    FieldBid(field_id="risk", value=0.2, confidence=0.66),
                ),
            ),
            Approval(
                f"Activate {vendor} as a vendor",
                {"Vendor": vendor, "Sanctions lists": "no match", "Payment terms": "30 days"},
                recommend("APPROVE", 0.84, "All checks passed; the profile is complete."),
            ),
        ),
        finish="Activated the vendor in purchasing",
        more="Two references called: both would order again",
        files=(text_file("register.txt", [vendor, "active since 2011", "capital 50,000"]),),
    )


def _vendor_bank(rng: Random, number: int, today: date) -> Case:
    vendor = rng.choice(VENDOR_NAMES)
    return Case(
        WORKFLOWS[VENDORS],
        f"{vendor} · bank details",
        f"V-{300 + number}",
        {"vendor": vendor, "iban_country": "LT"},
        ("Compared the IBAN with the invoice of March", "The account is in another country than the vendor"),
        (
            Approval(
                f"Accept the new bank account of {vendor}",
                {
                    "Vendor": vendor,
                    "Old": "DE •••• 4471",
                    "New": "LT •••• 9020",
                    "Asked by": "accounts@northwind-paper.example (a new address)",
                },
                recommend("ESCALATE", 0.78, "New country and new sender: looks like invoice fraud."),
            ),
        ),
        finish="Changed the bank account and told the vendor's known contact",
        more="The number on file was called: nobody there knows of a new account",
        files=(text_file("mail.txt", ["From: accounts@northwind-paper.example", "Please use our new account."]),),
    )


MAKERS: tuple[Callable[[Random, int, date], Case], ...] = (
    _refund,
    _claim_details,
    _claim_payout,
    _vendor_profile,
    _refund_method,
    _claim_payout,
    _vendor_bank,
    _refund_method,
)
