"""The shell over all screens: the command palette, the dialogs of the app, and the choice of a main screen."""
