"""Signatures on documents."""

from . import test_dian_client, test_signature_judges, test_signing
