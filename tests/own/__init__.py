"""A company's own certificate."""
