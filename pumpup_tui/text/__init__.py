"""Foreign text made safe and readable: the text firewall, labels, durations, markdown, layout."""
