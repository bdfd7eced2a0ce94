"""The texts of the generated workspaces, in mixed lengths and scripts, as real ones are."""

from __future__ import annotations

from api_client.wire import Json

_LONG = "The customer wrote at length about what happened, in which order, and who was told. "

PROJECTS: list[tuple[str, list[tuple[str, str, list[str]]]]] = [
    (
        "Claims",
        [
            ("intake", "AGENT", ["in_review", "rejected"]),
            ("in_review", "HUMAN", ["intake", "payout", "rejected"]),
            ("payout", "AGENT", ["in_review", "paid"]),
            ("paid", "PLATFORM", []),
            ("rejected", "PLATFORM", []),
        ],
    ),
    (
        "Refunds",
        [
            ("received", "AGENT", ["checking", "done"]),
            ("checking", "HUMAN", ["received", "done"]),
            ("done", "PLATFORM", []),
        ],
    ),
    (
        "Vendor onboarding",
        [
            ("application", "AGENT", ["documents", "declined"]),
            ("documents", "AGENT", ["compliance", "declined"]),
            ("compliance", "HUMAN", ["documents", "active", "declined"]),
            ("active", "PLATFORM", []),
            ("declined", "PLATFORM", []),
        ],
    ),
    (
        "Moderation",
        [("queue", "AGENT", ["decision"]), ("decision", "HUMAN", ["queue", "closed"]), ("closed", "PLATFORM", [])],
    ),
]

AGENTS = ["claims-agent", "refund-agent", "onboarding-agent", "moderator-1"]
REVIEWERS = ["alice", "bob", "çağla", "dmitri", "エミ"]

NAMES = [
    "Claim C",
    "Refund for order",
    "Erstattung Bestellung",
    "Vendor Łódź Sp. z o.o.",
    "返金の申請",
    "طلب استرداد",
    "Заявка",
    "Return 📦 of parcel",
    "Water damage in the cellar of a house with three flats and a shop on the ground floor, second report",
]

SUMMARIES = [
    "Refund the shipping cost",
    "Release the payout",
    "Approve the vendor's bank details",
    "Freigabe der Gutschrift",
    "出金を承認しますか",
    "Confirm the incident and what it cost",
    "**Escalated twice**: decide on the late fee",
    "The customer asks for a goodwill credit after the third late delivery in a row, see the history",
]

NOTES = [
    "Checked against the policy.",
    "Classified as low risk.",
    "The photos match the reported cause; within limits.",
    "Called the customer back, nobody there.",
    "Betrag stimmt mit der Rechnung überein.",
    "写真を確認しました。",
    "Amount is unusual for this vendor 🤔",
    _LONG * 2,
]

CONTEXTS: list[tuple[str, str]] = [
    ("Amount", "$240.00"),
    ("Customer", "Jørgen Åse, customer since 2019"),
    ("Reason", "Lost package: tracking and photos provided"),
    ("Policy", "P-2231, comprehensive, no deductible"),
    ("住所", "東京都千代田区1-1"),
    ("العنوان", "شارع الملك فهد"),
    ("History", _LONG * 6),
    ("Order", "A-99-182-11"),
]

FIELDS: list[dict[str, Json]] = [
    {"type": "Text", "id": "place", "label": "Where did it happen?", "required": True, "maxLength": 80},
    {"type": "TextArea", "id": "story", "label": "What happened?", "required": False},
    {
        "type": "Number",
        "id": "amount",
        "label": "Amount",
        "required": True,
        "min": 0,
        "max": 100000,
        "integerOnly": False,
    },
    {"type": "Slider", "id": "severity", "label": "Severity", "required": True, "min": 0, "max": 10, "step": 1},
    {"type": "Select", "id": "cause", "label": "Cause", "required": True, "options": ["water", "fire", "theft"]},
    {"type": "DateField", "id": "day", "label": "Day", "required": True},
    {"type": "Switch", "id": "police", "label": "Police informed?", "required": True},
]
SAMPLES: dict[str, Json] = {
    "place": "At home",
    "story": _LONG,
    "amount": 120.5,
    "severity": 4,
    "cause": "water",
    "day": "2026-01-18",
    "police": False,
}
