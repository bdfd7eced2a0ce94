"""Widgets, dialogs and bases that several screens share."""
