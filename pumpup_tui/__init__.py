"""The reviewer's side: the command line, and a Textual app over a Backend."""
