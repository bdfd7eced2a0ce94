"""The composition root's door: `pumpup-tui`, and `python -m pumpup_tui`."""

from __future__ import annotations

import sys

from pumpup_tui.cli import pumpup
from pumpup_tui.commands.failure import reason
from pumpup_tui.commands.standard_streams import NotPrinted, guard


def main() -> None:
    """Run the command line. The one place with a last net: nobody is shown a traceback, or what a variable held."""
    guard()
    try:
        pumpup(prog_name="pumpup-tui")
    except NotPrinted as fault:
        sys.stderr.write(f"Error: The output could not be printed: {reason(fault)}.\n")
        sys.exit(1)
    except Exception as fault:  # noqa: BLE001 - the last net: whatever no one foresaw ends here, in words
        from api_client.times import utc_now
        from pumpup_tui.commands.failure import tell

        tell(fault, utc_now)
        sys.exit(1)


if __name__ == "__main__":
    main()
