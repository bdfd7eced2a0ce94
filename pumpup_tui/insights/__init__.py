"""Insights: figures of today and of any range, for the fourth screen and for `stats`."""
