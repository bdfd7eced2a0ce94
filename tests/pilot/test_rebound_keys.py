"""With every key bound to another one: the screens name those that hold, and no key that does nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from textual import events
from textual.pilot import Pilot

from api_client.commands import Decide
from api_client.errors import NotAuthenticated
from api_client.models import Outcome
from pumpup_tui.keys.key_names import KeyNames, hint_of, keys_of
from pumpup_tui.keys.rebinding import check
from pumpup_tui.keys.table import TOUR_KEYS
from pumpup_tui.local_state.preferences import Preferences
from tests.pilot.stage import ALL_FIELDS, Stage
from tests.pilot.test_attachments import open_attachments
from tests.pilot.test_coming_back import again
from tests.support.actors import BOB

BINDINGS = {row.id: row for row in KeyNames(without=TOUR_KEYS).table()}
MODIFIERS = ("", "ctrl+", "alt+", "shift+", "ctrl+shift+", "ctrl+alt+")
FREE = [f"{modifier}f{number}" for modifier in MODIFIERS for number in range(1, 25)]
KEYMAP = dict(zip(BINDINGS, FREE, strict=False))
WORDS = {
    "A": "approve",
    "a": "approve",
    "E": "export",
    "s": "saves",
    "?": "help",
    "!": "escalate",
    "→": "change|go",
    "]": "next",
    "1": "2 3",
    "2": "Board",
    "3": "Timeline",
    "4": "Insights",
    "*": "select",
    ")": "next overdue",
    "x": "leave|quit",
    "+": "grant|in the inbox",
    "enter": r"\w",
}
"""Keys that stand on a screen for other things too: what follows where they are meant."""


def default_keys() -> Sequence[str]:
    """Return each key that a binding has by itself, as a hint names it."""
    return sorted({hint_of(keys_of(binding.keys)[0]) for binding in BINDINGS.values()} | {"space", "escape"})


def pattern(key: str) -> re.Pattern[str]:
    """Return what finds a key where a text means it."""
    if key in WORDS:
        return re.compile(rf"(?<![\w+-]){re.escape(key)}(?= (?:{WORDS[key]}))")
    return re.compile(rf"(?<!\S){re.escape(key)}{'(?![^ .,;:)])' if key.isalnum() else '(?= [a-z])'}")


OLD = [pattern(key) for key in default_keys()]


def assert_no_old_key(stage: Stage) -> None:
    """No key that is bound no more stands on the screen."""
    shown = re.sub(r"\d s ", "", stage.shown())  # seconds are no key
    found = [one.group() for pattern in OLD for one in pattern.finditer(shown)]
    assert not found, f"{found} in\n{shown}"


class Walk:
    """Goes through an app by the keys as they are bound, looking at each stop."""

    def __init__(self, stage: Stage, pilot: Pilot[None]) -> None:
        self.stage = stage
        self.pilot = pilot

    async def press(self, *names: str) -> None:
        """Press the keys of these bindings; a name without a dot is a key itself."""
        for name in names:
            await self.pilot.press(KEYMAP[name] if "." in name else name)

    async def to(self, *names: str, sees: Sequence[str] = (), gone: Sequence[str] = ()) -> None:
        """Press, wait for words, and look: in the words `{id}` is that binding's key."""
        await self.press(*names)
        told = [re.sub(r"\{([a-z._]+)\}", lambda found: KEYMAP[found[1]], one) for one in sees]
        await self.stage.sees(self.pilot, *told, gone=tuple(gone))
        assert_no_old_key(self.stage)


def rebound(tmp_path: Path, grace: float = 0.0) -> Stage:
    """Return a stage with every key bound to another one."""
    check(KEYMAP)
    assert KEYMAP.keys() == BINDINGS.keys()
    stage = Stage(tmp_path / "data")
    again(stage, tmp_path / "kept", Preferences(grace_seconds=grace, keymap=KEYMAP))
    return stage


async def requests(stage: Stage) -> None:
    await stage.project("Claims")
    await stage.approval("Pay 240 for the parcel \u200b", project="claims", keyValueContext={"Why": "lost " * 80})
    await stage.approval("Pay 99 for the letter", task="Claim C-1030", project="claims")
    await stage.elicitation("Tell of the accident", ALL_FIELDS, "claims")


async def test_where_nothing_opens(tmp_path: Path) -> None:
    """The banner and the empty place name the key that tries again and the one that quits."""
    stage = rebound(tmp_path)

    async def refuse(_: Stage) -> None:
        raise NotAuthenticated("the server does not know this key")

    stage.before.append(refuse)
    async with stage.run(200, 40) as pilot:
        walk = Walk(stage, pilot)
        again_, quits = "{screens.refresh} tries again", "{screens.quit} quits"
        await walk.to(sees=(f"{again_}, {quits}", f"says why. {again_}.", "{screens.inbox} Inbox"))
        await walk.to("screens.board", sees=(again_, "▸{screens.board} Board"))
        await walk.to("screens.timeline", sees=(again_,))
        assert stage.backend is not None
        await stage.backend.aclose()


async def test_where_nothing_is(tmp_path: Path) -> None:
    """The first start's hint, the empty screens, the lists and the help."""
    stage = rebound(tmp_path)
    async with stage.run(200, 100) as pilot:
        walk = Walk(stage, pilot)
        first = "{screens.help} lists the keys  ·  {screens.commands} finds everything"
        await walk.to(sees=(first, "as {decide.approve} then {decide.send}", "{screens.quit} quit", "Nothing waits"))
        await walk.to("screens.board", sees=("no tasks",))
        await walk.to("screens.timeline", sees=("{timeline.follow} follow", "Nothing has happened"))
        await walk.to("screens.project", sees=("{move.enter} chooses, {modal.close} leaves", "all projects"))
        await walk.to(
            "modal.close", "screens.help", sees=("{modal.close} closes", "{decide.approve} ", "refresh; reconnect")
        )
        await walk.to("screens.help", sees=("Nothing has happened",), gone=("closes",))


async def test_deciding(tmp_path: Path) -> None:
    """The inbox with what is shown, sought, selected, armed and held."""
    stage = rebound(tmp_path, grace=5.0)
    stage.before.append(requests)
    async with stage.run(240, 50) as pilot:
        walk = Walk(stage, pilot)
        await stage.ready(pilot, "Pay 240")
        acts = "{decide.approve} approve  {decide.deny} deny  {decide.edit} edit+approve"
        await walk.to(sees=("{inbox.raw} raw", acts, "{inbox.next} next"))
        await walk.to("inbox.raw", sees=("{inbox.raw} goes back",))
        await walk.to(
            *("inbox.raw", "inbox.search", *"nowhere", "enter"),
            sees=("No matching requests. {move.back} clears the filter.",),
        )
        await walk.to("move.back", "inbox.filter", sees=("{modal.close} leaves", "unassigned"))
        await walk.to("modal.close", "inbox.sort", sees=("Sort and group",))
        await walk.to("modal.close", sees=("Pay 240",))
        await stage.ready(pilot, "Pay 240")
        await walk.to("decide.edit", sees=("{typing.done} done  {typing.edit} $EDITOR  {typing.leave} leave",))
        await walk.to("typing.leave", sees=("cancelled: nothing was sent",))
        await walk.to(
            "decide.approve",
            sees=("{decide.send} send  {decide.note} note  {decide.reason} reason code  {move.back} cancel",),
        )
        await walk.to(sees=("{decide.reason} reason code",))
        stage.rest_hands()
        await walk.to("decide.send", sees=("{decide.undo} takes it back", "{decide.undo} take back"))
        await walk.to(
            "screens.quit", sees=("{leave.send}  send now", "{leave.take_back}  take back", "{leave.stay}  stay")
        )
        await walk.to("leave.stay", sees=("HELD",), gone=("Before you go",))
        await walk.to("decide.undo", sees=("waiting < 1 min",), gone=("HELD",))


async def test_reading_what_is_long(tmp_path: Path) -> None:
    """What is folded names the key that unfolds it, and what was not seen the one that shows it."""
    stage = rebound(tmp_path)

    async def ask(stage: Stage) -> None:
        await stage.approval("Pay 240", keyValueContext={"Why": "lost " * 4_000})

    stage.before.append(ask)
    async with stage.run(240, 50) as pilot:
        walk = Walk(stage, pilot)
        await stage.ready(pilot, "Pay 240")
        await walk.to(sees=("lines, {inbox.fold} unfolds",))
        await walk.to("decide.approve", sees=("lines not seen yet", "{decide.send} show the rest"))


async def test_keys_that_come_too_fast(tmp_path: Path) -> None:
    """What confirms is told by its name."""
    stage = rebound(tmp_path)
    stage.before.append(requests)
    async with stage.run(200, 40) as pilot:
        await stage.ready(pilot, "Pay 240")
        start = events.Key(KEYMAP["decide.approve"], None)
        for name, seconds, said in (
            ("decide.approve", 0.0, "APPROVE"),
            ("decide.send", 0.001, f"press {KEYMAP['decide.send']} again"),
            ("decide.send", 0.1, f"{KEYMAP['decide.send']} again so soon may be a key held down"),
        ):
            event = events.Key(KEYMAP[name], None)
            event.time = start.time + seconds
            event.set_sender(stage.app)
            stage.app.post_message(event)
            await stage.sees(pilot, said)
        assert_no_old_key(stage)


async def test_several_and_a_lost_race(tmp_path: Path) -> None:
    """The list of a batch, its results, and what a lost decision's note can still do."""
    stage = rebound(tmp_path)
    stage.before.append(requests)
    async with stage.run(240, 50) as pilot:
        walk = Walk(stage, pilot)
        await stage.ready(pilot, "Pay 240")
        await walk.to("inbox.select_all", sees=("decide 2", "{inbox.select} {inbox.select_all} select"))
        await walk.to("decide.ask", "enter", sees=("{decide.note} writes it", "{batch.leave_out} remove"))
        await walk.to("decide.send", sees=("it needs a note first: {decide.note} writes it",))
        await walk.to("batch.leave_out", "batch.leave_out", sees=("nothing is left to decide: {move.back} goes back",))
        await walk.to("move.back", "inbox.select_all", "decide.approve", sees=("2 requests", "{decide.send} send"))
        stage.rest_hands()
        await walk.to("decide.send", sees=("{modal.close} close", "RECORDED"))
        await walk.to("modal.close", sees=("{decide.approve} answer",))
        declines = "{decide.approve} opens its form, {decide.deny} declines it"
        await walk.to("decide.edit", sees=(f"an elicitation takes answers: {declines}",))


async def test_a_form(tmp_path: Path) -> None:
    """Each field says which keys do something in it; so does the review."""
    stage = rebound(tmp_path)

    async def ask(stage: Stage) -> None:
        fields = [
            *ALL_FIELDS,
            {
                "type": "Select",
                "id": "many",
                "label": "Town",
                "required": False,
                "options": [f"t{n}" for n in range(30)],
            },
        ]
        bids = [{"fieldId": "email", "value": "a@example.com"}, {"fieldId": "cause", "value": "fire"}]
        await stage.elicitation("Tell of the accident", fields, recommendation=bids)

    stage.before.append(ask)
    async with stage.run(240, 50) as pilot:
        walk = Walk(stage, pilot)
        await stage.ready(pilot, "Tell of")
        await walk.to("decide.approve", sees=("{form.review} reviews, then {decide.send} sends", "agent's suggestion"))
        hints = (
            "{form.edit} opens your editor",
            "{form.up} {form.down} count",
            "{form.up} {form.down} go along its steps",
            "{form.toggle} chooses",
            "{form.toggle} chooses any",
            "{form.up} {form.down} change the part",
            "9am or 14:30; {form.up} {form.down} change",
            "tomorrow 9am",
            "{form.toggle} switches",
            "type to search, {form.toggle} chooses",
        )
        for hint in hints:
            await walk.to("form.next", sees=(hint,))
        await walk.to("move.down", "form.toggle", sees=("(•) t1",))
        await walk.to("form.previous", "form.yes", sees=("(•) yes",))
        await walk.to("form.empty", sees=("( ) yes",))
        restores = ("yours; {form.bid} restores the suggestion", "{form.bid} suggestion")
        await walk.to("form.first", "delete", *"=x", sees=restores)
        await walk.to("form.leave", sees=("{decide.approve} answer",))


async def test_the_board_and_a_task(tmp_path: Path) -> None:
    """Filtered, with a move armed, and the task's own page."""
    stage = rebound(tmp_path)
    stage.before.append(requests)
    async with stage.run(240, 50) as pilot:
        walk = Walk(stage, pilot)
        await stage.ready(pilot, "Pay 240")
        moves = "{board.move_left} {board.move_right} {board.move} move"
        await walk.to("screens.board", sees=(moves, "{board.task} task", "{board.search} {board.filter} filter"))
        await walk.to("board.search", *"C-1030", "enter", sees=("{board.filter} change  {move.back} clears", "1 of 3"))
        await walk.to("board.filter", sees=("{modal.close} leaves",))
        await walk.to("modal.close", "board.move_right", sees=("{decide.send} send  {decide.note} note",))
        await walk.to("move.back", "board.move", sees=("Move along which exit",))
        await walk.to(
            "modal.close", "board.task", sees=("{task.request} opens it", "{task.fold} fold", "{move.back} back")
        )


async def test_the_timeline(tmp_path: Path) -> None:
    """Followed, filtered to nothing, and with what is new."""
    stage = rebound(tmp_path)

    async def many(stage: Stage) -> None:
        for number in range(20):
            await stage.task(f"Task {number:02}")
        await requests(stage)

    stage.before.append(many)
    async with stage.run(240, 14) as pilot:
        walk = Walk(stage, pilot)
        await stage.ready(pilot, "Pay 240")
        decisions = "{timeline.previous} {timeline.next} decisions"
        await walk.to("screens.timeline", sees=(decisions, "{move.enter} event", "{timeline.export} export"))
        await walk.to("move.last", sees=("▌12:00 agent-1    + created    Task 00",), gone=("C-1044",))
        await stage.approval("Pay 7", project="claims")
        await walk.to(sees=("new", "{timeline.follow} follows"))
        await walk.to("timeline.follow", sees=("▼ following", "{timeline.follow} stop following"))
        filter_ = ("{form.toggle} chooses, {form.next} goes on, {filter.show} shows, {typing.leave} leaves",)
        await walk.to("timeline.filter", sees=filter_)
        await walk.to(
            "typing.leave", "timeline.search", *"nowhere", "enter", sees=("{timeline.filter} changes the filter",)
        )
        await walk.to("move.back", "move.enter", sees=("{move.back} list",))


async def test_attachments(tmp_path: Path) -> None:
    """How one is looked at and saved."""
    stage = rebound(tmp_path)
    async with stage.run(120, 40) as pilot:
        walk = Walk(stage, pilot)
        await open_attachments(stage, pilot)
        await walk.to(sees=("{move.enter} shows, {attachment.save} saves, {modal.close} closes",))
        await walk.to(
            "move.down", "move.down", "move.enter", sees=("can't be shown here. {attachment.save} saves it.",)
        )
        await walk.to("modal.close", sees=("Nothing waits",))


async def test_someone_else_was_first(tmp_path: Path) -> None:
    """While a decision is armed it is said what its keys still do."""
    stage = rebound(tmp_path)
    stage.before.append(requests)
    async with stage.run(200, 40) as pilot:
        walk = Walk(stage, pilot)
        await stage.ready(pilot, "Pay 240")
        await walk.to("decide.approve", sees=("{decide.send} send",))
        request = stage.app.context.outbox.desk.armed
        assert request is not None
        await stage.write(Decide(request_id=request.target, outcome=Outcome(type="REJECT")), BOB)
        await walk.to(sees=("{decide.send} shows who, {move.back} dismisses",))
