"""The letter of exoneration, its scan and its text."""
