"""Pure parts of the store: rules, fold, step graphs, batch, chain; over protocols of what they read."""
