"""The density of the screens: roomy, or compact with one line a row and frames of one line.

The app's class `-compact` says which: the style sheets go by it, and what draws its own lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode

    from pumpup_tui.context import Context

CLASS = "-compact"
STORED_AS = "density"


def is_compact(node: DOMNode) -> bool:
    """Return whether the screens are compact where `node` is shown."""
    return node.app.has_class(CLASS)


def apply_density(app: App[None], context: Context) -> None:
    """Have the screens as the user left them, else as the configuration says."""
    picked = context.last_view.recall(STORED_AS).get("compact")
    app.set_class(picked if isinstance(picked, bool) else context.preferences.is_compact, CLASS)


def toggle_density(app: App[None], context: Context) -> None:
    """Make the screens compact, or roomy again; it is kept for the next start."""
    app.toggle_class(CLASS)
    context.last_view.note(STORED_AS, {"compact": app.has_class(CLASS)})
