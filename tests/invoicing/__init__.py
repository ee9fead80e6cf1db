"""The set-up of electronic invoicing."""
