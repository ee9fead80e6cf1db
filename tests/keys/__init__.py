"""Private keys in custody."""
