"""The official SDK against a served folder."""
