"""The request for a certificate."""
