"""A company's own certificate."""

from . import test_own_certificate
