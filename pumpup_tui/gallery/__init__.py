"""The gallery: each widget in each of its states, with made-up content, on one screen."""
