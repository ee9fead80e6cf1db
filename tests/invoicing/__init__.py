"""The set-up of electronic invoicing."""

from . import (
    test_electronic_invoicing_resolution,
    test_electronic_invoicing_setup,
    test_nit_lock,
    test_seen_from_accounting,
)
