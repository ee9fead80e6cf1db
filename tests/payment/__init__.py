"""The sale of a certificate and what is paid for it."""
