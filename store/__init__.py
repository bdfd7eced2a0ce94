"""The contract on this side: rules, a folder's journal and state, transfer, server, demo."""
