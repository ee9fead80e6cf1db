"""Clients for the tests, and what they share with the demo data: `demo/records.py`."""

import resource
from contextlib import contextmanager

from asn1crypto import core
from asn1crypto import x509 as asn1_x509

from ...demo.records import (  # noqa: F401  # the tests find all of it here
    COFFEE,
    FLOWERS,
    activate,
    dump_key,
    make_certificate,
    make_company,
    make_key,
    make_seller,
    make_user,
    name_lender,
    store_certificate,
)


def set_demo_aside(env):
    """Take the demo data out of the way of tests, which make companies of the same names and numbers.

    In the database, because a company that has invoiced keeps its number, and what was paid for stays.
    """
    env.flush_all()
    env.cr.execute(
        """
        CREATE TEMPORARY TABLE demo_company ON COMMIT DROP AS
        SELECT company.id, partner_id
        FROM ir_model_data JOIN res_company company ON company.id = res_id
        WHERE module = 'base' AND ir_model_data.name LIKE 'certificate_demo_%' AND model = 'res.company';
        UPDATE res_company SET name = 'Demo ' || name, certificate_lent_id = NULL
        WHERE id IN (SELECT id FROM demo_company);
        DELETE FROM certificate_activation WHERE company_id IN (SELECT id FROM demo_company);
        DELETE FROM electronic_invoicing_setup WHERE company_id IN (SELECT id FROM demo_company);
        DELETE FROM certificate_certificate WHERE company_id IN (SELECT id FROM demo_company);
        DELETE FROM certificate_key WHERE company_id IN (SELECT id FROM demo_company);
        DELETE FROM ir_attachment WHERE EXISTS (SELECT FROM demo_company) AND res_field IS NOT NULL
            AND (res_model LIKE 'certificate.%' OR res_model LIKE 'electronic.%');
        UPDATE res_partner SET name = 'Demo ' || name, complete_name = 'Demo ' || complete_name, vat = NULL
        WHERE id IN (SELECT partner_id FROM demo_company);
        DROP TABLE demo_company
        """
    )
    env.invalidate_all()


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
