"""User styles: reads a user's music, fine-tunes a model on it and counts its habits."""
