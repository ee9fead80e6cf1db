"""A contact who was invited by the portal, in a browser of their own."""

from contextlib import contextmanager
from unittest.mock import patch

from ...const import PORTAL_PATH
from ...controllers import portal
from ...tools.rate_limit import RateLimit
from . import samples
from .payment import CertificatePaymentCommon
from .visitor import LinkVisitor

ACCESS = "certificate.portal.access"


class CertificatePortalCommon(CertificatePaymentCommon, LinkVisitor):
    """María, a contact of company A without a login, and a portal user of it who was not invited."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.env["res.partner"].create(
            {
                "name": "María Fernanda Pérez",
                "email": "maria@example.com",
                "parent_id": cls.company_a.partner_id.id,
            }
        )
        cls.portal_a = samples.make_user(
            cls.env, "María", "certificate_portal", cls.company_a, "base.group_portal"
        )
        cls.portal_a.partner_id.parent_id = cls.company_a.partner_id

    def setUp(self):
        super().setUp()
        self.misses = RateLimit(limit=100, seconds=60)
        self.startPatcher(patch.object(portal, "_misses", self.misses))

    # === STEPS === #

    def invite(self, activation, partner=None):
        """Invite a contact as the manager, and return the access and the token."""
        manager = activation.with_user(self.custodian)
        access, link = manager._invite(partner or self.contact)
        return access.sudo(), link.partition("#")[2]

    def ask(self, method, activation, path="", **options):
        return self.request_page(method, f"{PORTAL_PATH}/{activation.id}{path}", **options)

    def open(self, activation, token):
        return self.keep_session(
            self.ask("POST", activation, "/open", data={"access_token": token})
        )

    def enter(self, activation):
        """Invite the contact, and open the link in a fresh browser."""
        access, token = self.invite(activation)
        self.visit()
        response = self.open(activation, token)
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith(f"{PORTAL_PATH}/{activation.id}"))
        return access

    def do(self, activation, path, **options):
        """Post a step that succeeds."""
        response = self.ask("POST", activation, path, **options)
        self.assertEqual(response.status_code, 303, response.text[:500])
        activation.invalidate_recordset()
        return response.headers["Location"]

    def get_everything(self):
        return [
            self.read_activations(),
            self.env[ACCESS].sudo().search([], order="id").read(["opened_on", "withdrawn_on"]),
            *(
                self.env[model].sudo().search_count([])
                for model in (
                    "account.move",
                    "certificate.voided.letter",
                    "ir.attachment",
                    "mail.mail",
                    "mail.message",
                    "payment.transaction",
                )
            ),
        ]

    @contextmanager
    def unchanged(self):
        before = self.get_everything()
        yield
        self.assertEqual(self.get_everything(), before)
