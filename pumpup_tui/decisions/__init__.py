"""The way of one decision: armed, held, sent, recorded. No widgets."""
