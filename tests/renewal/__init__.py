"""The end of a certificate, and its renewal."""
