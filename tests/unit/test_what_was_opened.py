"""Knowledge of opened attachments: of a request as it was shown, until it is confirmed; stored with what is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api_client.commands import Answer, Decide
from pumpup_tui.decisions.desk import Confirmed, Intent, Phase, Verb
from pumpup_tui.decisions.in_flight import InFlight
from pumpup_tui.decisions.intent_commands import command_of
from pumpup_tui.decisions.opened_attachments import OpenedAttachments
from pumpup_tui.local_state.document_store import DocumentStore

SHOWN = Intent("APPROVE", "evt_1", "Refund", request_hash="aa", attachments=("upl_1", "upl_2"))


def opened(*uploads: str, is_taken: bool = True) -> OpenedAttachments:
    known = OpenedAttachments(lambda: is_taken)
    for upload in uploads:
        known.add("evt_1", "aa", upload)
    return known


@pytest.mark.parametrize(
    ("intent", "stated"),
    [
        (SHOWN, ("upl_2",)),
        (replace(SHOWN, verb="ANSWER"), ("upl_2",)),
        (replace(SHOWN, attachments=None), ("upl_2",)),  # of a batch, which lists no attachments
        (replace(SHOWN, request_hash="bb"), ()),  # not the request that was shown
        (replace(SHOWN, target="evt_2"), ()),
        (replace(SHOWN, attachments=()), None),
        (replace(SHOWN, verb="WITHDRAW"), None),
        (replace(SHOWN, verb="MOVE"), None),
    ],
)
def test_a_decision_states_what_was_opened_of_its_own_request(intent: Intent, stated: tuple[str, ...] | None) -> None:
    """Acts that settle nothing state none, nor do decisions where there is nothing to open."""
    assert opened("upl_2").stated(intent).opened == stated
    assert opened("upl_2", is_taken=False).stated(intent).opened is None


def test_the_command_says_it() -> None:
    """A decision and answers bear it; what is not known leaves the key out."""
    for verb, kind in (("REJECT", Decide), ("ANSWER", Answer)):
        act: Verb = verb  # type: ignore[assignment]
        for known in ((), ("upl_1",), None):
            command = command_of(replace(SHOWN, verb=act, opened=known))
            assert isinstance(command, kind)
            assert command.attachments_opened == known
            assert ("attachmentsOpened" in command.body()) is (known is not None)


def test_in_words() -> None:
    """How many of how many; nothing where no record has it."""
    assert opened("upl_2", "upl_other").words(SHOWN) == "1 of 2 attachments opened"
    assert opened().words(replace(SHOWN, attachments=("upl_1",))) == "0 of 1 attachment opened"
    assert opened(is_taken=False).words(SHOWN) == opened().words(replace(SHOWN, attachments=())) == ""


@pytest.mark.parametrize("known", [None, (), ("upl_1", "upl_2")])
async def test_it_is_stored_with_what_is_in_flight(tmp_path: Path, known: tuple[str, ...] | None) -> None:
    """The next start finds the decision as it was sent."""
    sent = Confirmed(replace(SHOWN, opened=known), "key", Phase.SENDING, datetime(2026, 3, 2, tzinfo=UTC))
    documents = DocumentStore(tmp_path)
    before = InFlight(documents, lambda: [sent])
    await before.write(before.next_version())
    await documents.aclose()
    after = InFlight(DocumentStore(tmp_path), list)
    (left,) = await after.interrupted()
    assert left.sent.intent.opened == known
