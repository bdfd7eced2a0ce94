"""What others wrote, made safe and readable: the text firewall, labels, durations, markdown, lines."""
