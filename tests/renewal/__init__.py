"""The end of a certificate, and its renewal."""

from . import test_expiry, test_renewal
