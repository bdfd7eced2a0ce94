"""The entry point of `pumpup-tui` and of `python -m pumpup_tui`."""

from __future__ import annotations

import sys

from pumpup_tui.cli import pumpup
from pumpup_tui.commands.failure import reason
from pumpup_tui.commands.standard_streams import NotPrinted, guard


def main() -> None:
    """Run the command line. An unforeseen fault is caught here alone: no traceback or variable's value is shown."""
    guard()
    try:
        pumpup(prog_name="pumpup-tui")
    except NotPrinted as fault:
        sys.stderr.write(f"Error: The output could not be printed: {reason(fault)}.\n")
        sys.exit(1)
    except Exception as fault:  # noqa: BLE001 - an unforeseen fault must end in a sentence, not in a traceback
        from api_client.times import utc_now
        from pumpup_tui.commands.failure import report_fault

        report_fault(fault, utc_now)
        sys.exit(1)


if __name__ == "__main__":
    main()
