"""The demo's three projects: their step graphs, and the steps that the simulated agent works a case through."""

from __future__ import annotations

from dataclasses import dataclass

from api_client.models import Step, Steps

CLAIMS, REFUNDS, VENDORS = "Claims", "Refunds", "Vendor onboarding"


@dataclass(frozen=True, slots=True)
class Workflow:
    """A project of the demo: the steps in which a person is asked, and in which a case ends well or is dropped."""

    name: str
    slug: str
    steps: Steps
    review: str
    done: str
    dropped: str


WORKFLOWS = {
    CLAIMS: Workflow(
        CLAIMS,
        "claims",
        Steps(
            initial_step="intake",
            steps=(
                Step(name="intake", owner="AGENT", exits=("in_review", "investigation")),
                Step(
                    name="in_review", owner="HUMAN", exits=("payout", "investigation", "denied"), timeout_seconds=3600
                ),
                Step(name="investigation", owner="HUMAN", exits=("in_review", "denied")),
                Step(name="payout", owner="AGENT", exits=("paid",)),
                Step(name="paid", owner="PLATFORM"),
                Step(name="denied", owner="PLATFORM"),
            ),
        ),
        review="in_review",
        done="paid",
        dropped="denied",
    ),
    REFUNDS: Workflow(
        REFUNDS,
        "refunds",
        Steps(
            initial_step="received",
            steps=(
                Step(name="received", owner="AGENT", exits=("approval", "declined")),
                Step(name="approval", owner="HUMAN", exits=("refunded", "declined", "received"), timeout_seconds=1800),
                Step(name="refunded", owner="PLATFORM"),
                Step(name="declined", owner="PLATFORM"),
            ),
        ),
        review="approval",
        done="refunded",
        dropped="declined",
    ),
    VENDORS: Workflow(
        VENDORS,
        "vendor_onboarding",
        Steps(
            initial_step="application",
            steps=(
                Step(name="application", owner="AGENT", exits=("checks",)),
                Step(name="checks", owner="AGENT", exits=("sign_off", "rejected")),
                Step(name="sign_off", owner="HUMAN", exits=("active", "checks", "rejected")),
                Step(name="active", owner="PLATFORM"),
                Step(name="rejected", owner="PLATFORM"),
            ),
        ),
        review="sign_off",
        done="active",
        dropped="rejected",
    ),
}
