"""The request for a certificate."""

from . import test_certificate_request
