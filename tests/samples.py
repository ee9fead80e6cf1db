"""Clients for the tests, and what they share with the demo data: `demo/records.py`."""

import resource
from contextlib import contextmanager

from asn1crypto import core
from asn1crypto import x509 as asn1_x509

from ..demo.records import (  # noqa: F401  # the tests find all of it here
    COFFEE,
    FLOWERS,
    activate,
    dump_key,
    make_certificate,
    make_company,
    make_key,
    make_seller,
    make_user,
    store_certificate,
)


def make_clients(env):
    """Two companies that buy the certificate."""
    return make_company(env, *COFFEE), make_company(env, *FLOWERS)


def in_year_zero(der):
    """A certificate from a year that Python does not know; what signed it does not matter."""
    certificate = asn1_x509.Certificate.load(der)
    moment = core.GeneralizedTime(contents=b"00000101000000Z")
    certificate["tbs_certificate"]["validity"]["not_before"] = asn1_x509.Time(
        "general_time", moment
    )
    return certificate.dump(force=True)


@contextmanager
def full_disk(room=1000):
    """Let this process write no file of more than so many bytes, as a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
