"""All appearance: style sheets by screen."""
