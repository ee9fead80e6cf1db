"""Signatures on documents."""

from . import test_dian_client, test_log_check, test_signature_judges, test_signing
