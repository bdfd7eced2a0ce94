"""The contract kept on this machine: journal, state, rules, server."""
