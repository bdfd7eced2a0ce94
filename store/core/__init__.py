"""The pure part of a store: rules, fold, draft, batch, chain and cursors, over protocols of the state they read."""
