"""All key bindings in one table: the classes' `BINDINGS`, help, palette, hints and rebinding are made from it.

To add a key, add a row here and bind its id in the class that acts on it (`bindings(("inbox.raw", "raw"))`); a test
compares the two. The order of the rows is that of the help.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

Scope: TypeAlias = Literal[
    # The app, and the demo's tour in it.
    "app",
    "tour",
    # Screens and dialogs.
    "reviewer",
    "inbox",
    "board",
    "timeline",
    "insights",
    "task",
    "past",
    "trial",
    "grants",
    "answer",
    "timeline filter",
    "batch",
    "batch results",
    "attachments",
    "help",
    "dialog",
    "leave",
    "reason codes",
    "palette",
    # What may have the focus in them.
    "list",
    "options",
    "document",
    "cards",
    "figures",
    "task page",
    "prompt",
    "form",
    "text field",
    "text area",
    "switch",
    "sealed field",
    "search field",
]
"""A part of the screens that hears keys. "reviewer" is what all main screens have, "sealed field" is read-only."""

Toolkit: TypeAlias = Literal["App", "Screen", "ScrollableContainer", "Input", "TextArea"]
"""A class of Textual with key bindings of its own."""

WhileTyping: TypeAlias = Literal["no", "yes", "before the text"]
"""Whether a binding is heard while text is typed, so that no character may be its key.

"before the text" is heard while a field is empty: what an answer may begin with can't be its key.
"""


class KeyBinding(NamedTuple):
    """A key binding, without its action: the class that binds the id names that."""

    id: str
    """Its name in the configuration; the part before the dot is its heading in the help."""
    keys: str
    """One or several keys, between commas."""
    word: str
    """A short name, by which the palette finds it too."""
    tooltip: str
    """A description, for help and palette."""
    scopes: Sequence[Scope]
    """Where it is heard."""
    while_typing: WhileTyping = "no"
    priority: bool = False
    """Whether it is heard before what has the focus."""


_MOVING: Sequence[Scope] = ("list", "document", "cards", "figures", "task page")
_SEARCHED: Sequence[Scope] = (*_MOVING, "search field")
_FIELDS: Sequence[Scope] = ("form", "answer", "timeline filter")

TABLE: Sequence[KeyBinding] = (
    KeyBinding("tour.skip", ">", "", "skip a step of the tour", ("tour",)),
    KeyBinding("tour.end", "X", "", "end the tour", ("tour",)),
    KeyBinding("screens.inbox", "1", "Inbox", "the inbox", ("app",)),
    KeyBinding("screens.board", "2", "Board", "the board", ("app",)),
    KeyBinding("screens.timeline", "3", "Timeline", "the timeline", ("app",)),
    KeyBinding("screens.insights", "4", "Insights", "the insights", ("app",)),
    KeyBinding("screens.project", "p", "Project", "choose the project", ("app",)),
    KeyBinding("screens.refresh", "r", "Refresh", "refresh; reconnect", ("app",)),
    KeyBinding("screens.commands", ":,ctrl+p", "Commands", "commands; find a project, task or request", ("app",)),
    KeyBinding("screens.help", "?", "Help", "this help", ("app", "help")),
    KeyBinding("screens.quit", "q", "Quit", "quit", ("app",)),
    KeyBinding("screens.density", "\\", "Density", "compact or roomy: lines and frames", ("app",)),
    KeyBinding("screens.repaint", "ctrl+l", "", "redraw the screen", ("app",), priority=True),
    KeyBinding("screens.suspend", "ctrl+z", "", "suspend; fg in the shell resumes", ("app",), priority=True),
    KeyBinding("move.down", "j,down", "down", "down", _SEARCHED),
    KeyBinding("move.up", "k,up", "up", "up", _SEARCHED),
    KeyBinding("move.first", "g,home", "first", "to the first", _MOVING),
    KeyBinding("move.last", "G,end", "last", "to the last", _MOVING),
    KeyBinding("move.page_down", "ctrl+d,pagedown", "page down", "half a page down", _SEARCHED),
    KeyBinding("move.page_up", "ctrl+u,pageup", "page up", "half a page up", _SEARCHED),
    KeyBinding("move.enter", "enter", "open", "open", ("list", "batch results", "figures")),
    KeyBinding("move.back", "escape", "back", "cancel, or back", ("reviewer", "batch")),
    KeyBinding("decide.approve", "a", "approve", "approve; answer an elicitation", ("inbox",)),
    KeyBinding("decide.deny", "d", "deny", "deny; decline an elicitation", ("inbox",)),
    KeyBinding("decide.edit", "e", "edit", "edit and approve, with a note", ("inbox",)),
    KeyBinding("decide.ask", "i", "ask", "ask for more, with a note", ("inbox",)),
    KeyBinding("decide.escalate", "!", "escalate", "escalate", ("inbox",)),
    KeyBinding("decide.reason", "w", "reason", "reason code of the armed decision", ("inbox", "batch")),
    KeyBinding("decide.send", "y", "send", "send the armed decision (never by enter)", ("reviewer", "batch", "answer")),
    KeyBinding("decide.note", "n", "note", "note on the armed decision; else the next match", ("reviewer", "batch")),
    KeyBinding("decide.undo", "u", "undo", "take back a held decision", ("reviewer", "batch results")),
    KeyBinding("inbox.take", "t", "take", "take the task, or unassign it", ("inbox",)),
    KeyBinding("inbox.assign", "@", "assign", "assign the task to anyone", ("inbox",)),
    KeyBinding("inbox.snooze", "comma", "snooze", "snooze the request until a time, on this machine", ("inbox",)),
    KeyBinding("inbox.note", "c", "note", "note on the armed decision, else on the task", ("inbox", "batch")),
    KeyBinding("inbox.next", "]", "next", "next pending request", ("inbox",)),
    KeyBinding("inbox.previous", "[", "previous", "previous pending request", ("inbox",)),
    KeyBinding("inbox.overdue", ")", "next overdue", "next overdue request", ("inbox",)),
    KeyBinding("inbox.select", "x", "select", "select the request, to decide several at once", ("inbox",)),
    KeyBinding("inbox.select_all", "asterisk", "all", "select all that are shown, or none", ("inbox",)),
    KeyBinding("inbox.search", "/", "search", "search: words, is:mine project:… confidence<.7", ("inbox",)),
    KeyBinding("inbox.match", "N", "previous match", "previous match of a search (n: the next)", ("inbox",)),
    KeyBinding("inbox.filter", "f", "filters", "filters by name; save the one that is on", ("inbox",)),
    KeyBinding("inbox.next_tab", "}", "next filter", "next of the tabs: all, mine, unassigned, yours", ("inbox",)),
    KeyBinding("inbox.previous_tab", "{", "previous filter", "previous of the tabs", ("inbox",)),
    KeyBinding("inbox.sort", "s", "sort", "sort and group", ("inbox",)),
    KeyBinding("inbox.whose", "m", "whose", "all, mine, unassigned", ("inbox",)),
    KeyBinding("inbox.grant", "plus", "grant", "try a grant: approve what fits the filter without asking", ("inbox",)),
    KeyBinding("inbox.fold", "z", "unfold", "unfold long values, or fold them", ("inbox",)),
    KeyBinding("inbox.attachments", "o", "attachments", "view the attachments", ("inbox",)),
    KeyBinding("inbox.raw", "v", "raw", "the raw text, hidden characters spelt out", ("inbox",)),
    KeyBinding("board.left", "h,left", "left", "column to the left", ("cards",)),
    KeyBinding("board.right", "l,right", "right", "column to the right", ("cards",)),
    KeyBinding("board.task", "enter", "", "open the task", ("cards",)),
    KeyBinding("board.move_left", "H", "move left", "move the card to an exit on the left", ("board", "task")),
    KeyBinding("board.move_right", "L", "move right", "move the card to an exit on the right", ("board", "task")),
    KeyBinding("board.move", "m", "move", "move the card: choose its exit", ("board", "task")),
    KeyBinding("board.search", "/", "search", "show the cards that contain a text", ("board",)),
    KeyBinding("board.filter", "f", "filter", "filter by status, stuck, escalated, assignee…", ("board",)),
    KeyBinding("board.sort", "s", "sort", "sort cards; lanes by assignee", ("board",)),
    KeyBinding("board.compact", "z", "compact", "a line a card, or framed cards", ("board",)),
    KeyBinding("timeline.task", "t", "one task", "only this event's task, or all again", ("timeline",)),
    KeyBinding("timeline.open", "o", "task", "open the event's task", ("timeline",)),
    KeyBinding("timeline.order", "s", "order", "newest or oldest first", ("timeline",)),
    KeyBinding("timeline.follow", "F", "follow", "follow new events as they arrive", ("timeline",)),
    KeyBinding("timeline.filter", "f", "filter", "filter by type, time, reviewer, outcome", ("timeline",)),
    KeyBinding("timeline.search", "/", "search", "show events that contain a text", ("timeline",)),
    KeyBinding("timeline.next", "}", "next decision", "next decision down the list", ("timeline",)),
    KeyBinding("timeline.previous", "{", "previous decision", "next decision up the list", ("timeline",)),
    KeyBinding("timeline.fold", "space", "", "open or close an agent's run of actions", ("timeline",)),
    KeyBinding("timeline.json", "v", "JSON", "the event as JSON, and back", ("timeline",)),
    KeyBinding("timeline.export", "E", "export", "export what is shown to a file", ("timeline",)),
    KeyBinding("insights.left", "h,left", "left", "figures to the left", ("figures",)),
    KeyBinding("insights.right", "l,right", "right", "figures to the right", ("figures",)),
    KeyBinding("insights.today", "t", "today", "figures of today", ("insights",)),
    KeyBinding("insights.week", "w", "7d", "figures of seven days, with today", ("insights",)),
    KeyBinding("insights.month", "m", "30d", "figures of thirty days, with today", ("insights",)),
    KeyBinding("insights.range", "f", "range", "figures of another range of time", ("insights",)),
    KeyBinding("insights.copy", "c", "copy", "copy the figures as Markdown", ("insights",)),
    KeyBinding("insights.export", "E", "export", "write the figures to a file: CSV or Markdown", ("insights",)),
    KeyBinding("grants.give", "a", "give", "give the grant: until when, how many, what is still asked", ("trial",)),
    KeyBinding("grants.filter", "/", "filter", "try another filter", ("trial",)),
    KeyBinding("grants.list", "o", "grants", "all grants and what each did", ("trial",)),
    KeyBinding("grants.end", "x", "end", "end the grant", ("grants",)),
    KeyBinding("past.show", "@", "as it was", "the task or board as it was then", ("board", "timeline", "task")),
    KeyBinding("past.earlier", "<", "earlier", "as it was before the last event", ("past",)),
    KeyBinding("past.later", ">", "later", "as it was after the next event", ("past",)),
    KeyBinding("past.choose", "@", "another time", "as it was at another time", ("past",)),
    KeyBinding("task.assign", "t", "assign", "assign the task, or unassign it", ("task",)),
    KeyBinding("task.note", "c", "note", "write a note on the task", ("task",)),
    KeyBinding("task.fold", "space", "", "open or close a nested value", ("task page",)),
    KeyBinding("task.unfold", "l,right", "", "open a nested value", ("task page",)),
    KeyBinding("task.close", "h,left", "", "close a nested value", ("task page",)),
    KeyBinding("task.request", "enter", "", "go to the open request; open a nested value", ("task page",)),
    KeyBinding("form.next", "tab", "", "next field", _FIELDS, "yes"),
    KeyBinding("form.previous", "shift+tab", "", "previous field", _FIELDS, "yes"),
    KeyBinding(
        "form.toggle",
        "space,enter",
        "",
        "choose or clear an option; switch",
        ("switch", "options", "search field"),
    ),
    KeyBinding("form.up", "up", "", "a step up; in a text, the field above", ("text field",), "yes"),
    KeyBinding("form.down", "down", "", "a step down; in a text, the field below", ("text field",), "yes"),
    KeyBinding("form.up_much", "pageup", "", "ten steps up", ("text field",), "yes"),
    KeyBinding("form.down_much", "pagedown", "", "ten steps down", ("text field",), "yes"),
    KeyBinding("form.yes", "left,up,h,k", "", "switch to yes", ("switch",)),
    KeyBinding("form.no", "right,down,l,j", "", "switch to no", ("switch",)),
    KeyBinding(
        "form.empty",
        "backspace,delete",
        "",
        "clear a switch, or a read-only answer",
        ("switch", "sealed field"),
    ),
    KeyBinding(
        "form.bid", "=", "", "restore the suggestion (in text: while it is empty)", ("form",), "before the text"
    ),
    KeyBinding("form.edit", "ctrl+g", "", "edit a long text in your own editor", ("answer",), "yes"),
    KeyBinding("form.undo", "ctrl+underscore", "", "undo in a long text", ("text area",)),
    KeyBinding("form.leap", "ctrl+pagedown", "", "several fields forward", ("form",), "yes"),
    KeyBinding("form.leap_back", "ctrl+pageup", "", "several fields back", ("form",), "yes"),
    KeyBinding("form.first", "ctrl+home", "", "to the first field", ("form",), "yes"),
    KeyBinding("form.last", "ctrl+end", "", "to the last field", ("form",), "yes"),
    KeyBinding("form.context", "ctrl+o", "", "the request's context, and back to the form", ("answer",), "yes"),
    KeyBinding("form.context_down", "ctrl+down", "", "scroll the context down", ("answer",), "yes"),
    KeyBinding("form.context_up", "ctrl+up", "", "scroll the context up", ("answer",), "yes"),
    KeyBinding("form.attachments", "o", "", "view the attachments, where nothing is typed", ("answer",)),
    KeyBinding("form.decline", "ctrl+n", "", "decline to answer, with a reason", ("answer",), "yes"),
    KeyBinding("form.review", "ctrl+r", "", "review all answers before they are sent", ("answer",), "yes"),
    KeyBinding("form.leave", "escape", "", "leave; the draft is saved", ("answer",), "yes"),
    KeyBinding("typing.done", "enter", "", "accept the typed line", ("prompt",), "yes"),
    KeyBinding(
        "typing.leave",
        "escape",
        "",
        "cancel the typed line, or the filter",
        ("prompt", "timeline filter"),
        "yes",
    ),
    KeyBinding("typing.edit", "ctrl+g", "", "edit a note in your own editor", ("prompt",), "yes"),
    KeyBinding(
        "filter.show",
        "enter",
        "",
        "apply the filter",
        ("timeline filter",),
        "yes",
        priority=True,
    ),
    KeyBinding("typing.template", "ctrl+t", "", "a note from one of your templates", ("prompt",), "yes"),
    KeyBinding(
        "reason.number", "1,2,3,4,5,6,7,8,9,0", "", "a reason code by its number; 0 types another", ("reason codes",)
    ),
    KeyBinding("palette.down", "down,ctrl+n", "", "next one found", ("palette",), "yes"),
    KeyBinding("palette.up", "up,ctrl+p", "", "previous one found", ("palette",), "yes"),
    KeyBinding("palette.page_down", "pagedown", "", "half a page on", ("palette",), "yes"),
    KeyBinding("palette.page_up", "pageup", "", "half a page back", ("palette",), "yes"),
    KeyBinding("palette.complete", "tab", "", "complete the command or the name", ("palette",), "yes"),
    KeyBinding("palette.close", "escape", "", "close", ("palette",), "yes"),
    KeyBinding("help.search", "/", "", "search in this help", ("help",)),
    KeyBinding("batch.leave_out", "x", "", "remove a request from the batch", ("batch",)),
    KeyBinding("attachment.save", "s", "", "save the attachment to a folder", ("attachments",)),
    KeyBinding(
        "modal.close",
        "escape,q",
        "",
        "close a list, the help or the results",
        ("help", "dialog", "batch results", "attachments"),
    ),
    KeyBinding("leave.send", "s", "", "send held decisions, then quit", ("leave",)),
    KeyBinding("leave.take_back", "t", "", "take back held decisions, then quit", ("leave",)),
    KeyBinding("leave.quit", "x", "", "quit without waiting for responses", ("leave",)),
    KeyBinding("leave.stay", "escape,enter,q", "", "stay", ("leave",)),
)
BY_ID: Mapping[str, KeyBinding] = {row.id: row for row in TABLE}
TOUR_KEYS = frozenset(row.id for row in TABLE if row.scopes == ("tour",))
"""The ids of the bindings that only the demo's tour has."""

_APP: Sequence[Scope | Toolkit] = ("reviewer", "Screen", "tour", "app", "App")
_FORM: Sequence[Scope | Toolkit] = ("form", "answer", "Screen")

PLACES: Mapping[str, Sequence[Scope | Toolkit]] = {
    "a prompt": ("prompt",),
    "the inbox's list": ("list", "ScrollableContainer", "inbox", *_APP),
    "the inbox's detail": ("document", "ScrollableContainer", "inbox", *_APP),
    "the board": ("cards", "board", *_APP),
    "the board of all projects": ("list", "ScrollableContainer", "board", *_APP),
    "a task": ("task page", "ScrollableContainer", "task", *_APP),
    "the timeline's list": ("list", "ScrollableContainer", "timeline", *_APP),
    "the timeline's detail": ("document", "ScrollableContainer", "timeline", *_APP),
    "the command palette": ("Input", "ScrollableContainer", "palette", "Screen"),
    "the insights": ("figures", "ScrollableContainer", "insights", *_APP),
    "the trial of a grant": ("list", "ScrollableContainer", "trial", *_APP),
    "the grants": ("list", "ScrollableContainer", "grants", *_APP),
    "the help": ("document", "ScrollableContainer", "help", "Screen"),
    "a list to choose from": ("list", "ScrollableContainer", "dialog", "Screen"),
    "the reason codes": ("list", "ScrollableContainer", "reason codes", "dialog", "Screen"),
    "the question on leaving": ("leave", "Screen"),
    "the attachments": ("list", "ScrollableContainer", "attachments", "Screen"),
    "a batch": ("list", "ScrollableContainer", "batch", "Screen"),
    "a batch's results": ("list", "ScrollableContainer", "batch results", "Screen"),
    "the timeline's filter": ("options", "list", "ScrollableContainer", "timeline filter", "Screen"),
    "the review of answers": ("document", "ScrollableContainer", "answer", "Screen"),
    "a text field": ("text field", "Input", "ScrollableContainer", *_FORM),
    "a text area": ("text area", "TextArea", "ScrollableContainer", *_FORM),
    "a switch": ("switch", *_FORM),
    "a read-only field": ("sealed field", *_FORM),
    "a search field": ("search field", "Input", "ScrollableContainer", *_FORM),
    "a field's options": ("options", "list", "ScrollableContainer", *_FORM),
}
"""What is heard together at each place, the nearest first: two of these need keys of their own."""
