"""The way of one decision: armed, held, sent, recorded. It knows no widgets."""
