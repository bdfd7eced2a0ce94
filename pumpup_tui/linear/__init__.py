"""Linear mode: the inbox as questions and answers in plain lines, for screen readers, dumb terminals and logs."""
