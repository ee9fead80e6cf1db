"""The certificate that a seller lends."""
