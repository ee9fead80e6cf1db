"""What the rows have in common: their options and figures, hostile uploads, files of other producers, judges."""
