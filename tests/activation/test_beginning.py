"""From a database with the add-on alone to the first paid, active certificate, by the screens."""

from odoo.fields import Command
from odoo.tests import tagged

from ...const import GROUP_CUSTODIAN
from ..common import own_samples, pdf_samples, samples
from ..common.tours import TourCase

LENT_NIT = "901414515"


@tagged("post_install", "-at_install")
class TestBeginning(TourCase):
    """Nothing that a screen is for is prepared here: each person finds the way by what the screens offer.

    The tours count what that takes, and fail when it becomes more (`atMost`): together 69 clicks, 31 fields and 31
    pages, 15 minutes of a person who takes 4 seconds for a click and 10 to type into a field or to read a page.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.env.ref("base.user_admin")
        cls._forget_other_sellers()
        # What people bring: the seller's certificate, and a scan that carries no code.
        lent = own_samples.issue(own_samples.make_subject(LENT_NIT))
        cls.serve_to_tours("lent", own_samples.make_p12(lent))
        cls.serve_to_tours("scan", pdf_samples.scan_pdf(2))

    @classmethod
    def _forget_other_sellers(cls):
        """Begin as in an empty database in one that has demo data or what other tests have in common."""
        samples.set_demo_aside(cls.env)
        # As before Odoo's demonstration is installed, which no test can do.
        providers = cls.env["payment.provider"].search([("state", "!=", "disabled")])
        providers.write({"state": "disabled", "is_published": False})
        cls.env["res.company"].search([]).certificate_seller_id = False
        company = cls.admin.company_id
        if company._existing_accounting():
            company = cls.env["res.company"].create({"name": "My Company"})
        cls.admin.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})

    def walk(self, name, login):
        self.start_tour("/odoo", f"certificate_beginning_{name}", login=login)
        self.env.invalidate_all()

    def test_nobody_meets_a_dead_end(self):
        self.walk("sale", "admin")
        seller = self.admin.company_id
        self.assertEqual(seller.certificate_seller_id, seller)
        self.assertFalse(
            [
                problem["code"]
                for problem in seller._get_certificate_sale_problems("loan")
                if problem["code"] not in ("demo", "groups")
            ]
        )
        self.walk("people", "admin")
        self.assertTrue(seller._find_certificate_users(GROUP_CUSTODIAN))
        self.walk("activation", "ana")
        buyer = self.env["res.company"].search([("vat", "=", "900987321-1")])
        activation = buyer._get_active_certificate_activation()
        self.assertEqual(activation.create_uid.login, "ana")
        self.assertEqual((activation.payment_status, activation.letter_review), ("paid", "waiting"))
        self.walk("review", "carla")
        self.assertEqual(activation.letter_review, "accepted")
