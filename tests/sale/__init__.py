"""The sale of a certificate, and its price."""
