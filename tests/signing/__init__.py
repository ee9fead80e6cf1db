"""Signatures on documents."""
