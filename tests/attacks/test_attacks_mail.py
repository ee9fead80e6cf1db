"""What Odoo's gateway of incoming mail creates in sudo mode, for whoever can log in and calls it."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import JsonRpcException, tagged
from odoo.tests.common import HttpCase
from odoo.tools import mute_logger

from ...const import MODULE
from ..common import samples
from ..common.attackers import act_as, make_attacker
from ..common.case import CertificateCommon

MESSAGE = """From: {sender}
To: nobody@example.com
Subject: Hola
Message-Id: <{number}@example.com>
Date: Mon, 30 Nov 2026 10:00:00 +0000
Content-Type: text/plain

Hola
"""


@tagged("post_install", "-at_install")
class TestAttacksByMail(CertificateCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.attacker = make_attacker(cls)
        cls.portal_user = samples.make_user(
            cls.env, "Pía", "certificate_pia", cls.company_b, "base.group_portal"
        )
        cls.system_user.sudo().email = "root@example.com"

    def process(self, user, model, values, sender="root@example.com", **options):
        self.number = getattr(self, "number", 0) + 1
        act_as(self, user)
        return (
            self.env["mail.thread"]
            .with_user(user)
            .message_process(
                model, MESSAGE.format(sender=sender, number=self.number), values, **options
            )
        )

    def get_threads(self):
        """Return the add-on's own models that have a chatter."""
        return [
            name
            for name, model in self.env.registry.items()
            if model._original_module == MODULE
            and not model._abstract
            and hasattr(model, "message_new")
        ]

    def get_attacks(self):
        today = self.env["certificate.activation"]._get_today()
        partner = self.company_a.partner_id
        return [
            (
                "certificate.activation",
                {
                    "company_id": self.company_b.id,
                    "state": "active",
                    "certificate_id": self.seller.sudo().certificate_lent_id.id,
                    "date_start": str(today),
                    "date_end": "2099-01-01",
                },
            ),
            ("certificate.trust.anchor", {"name": "False", "sha256": "0" * 64}),
            ("electronic.invoicing.setup", {"company_id": self.company_a.id}),
            ("account.move", {"move_type": "out_invoice", "company_id": self.seller.id}),
            (
                "res.partner",
                {"child_ids": [Command.update(partner.id, {"street": "Otra 1"})]},
            ),
            (
                "res.partner",
                {"user_ids": [Command.update(self.system_user.id, {"password": "mine"})]},
            ),
        ]

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_nobody_who_logs_in_creates_what_a_message_brings(self):
        street = self.company_a.street
        for user in (self.attacker, self.portal_user, self.custodian, self.manager_a):
            for model, values in self.get_attacks():
                for sender in ("x@example.org", "root@example.com"):
                    with (
                        self.subTest(user=user.login, model=model, sender=sender),
                        self.assertRaises(AccessError),
                        self.env.cr.savepoint(),
                    ):
                        self.process(user, model, dict(values), sender)
        self.env.invalidate_all()
        self.assertEqual(self.company_a.street, street)
        self.assertFalse(self.company_b._get_active_certificate_activation())

    @mute_logger("odoo.addons.mail.models.mail_thread", "odoo.http")
    def test_not_over_the_network_either(self):
        self.authenticate(self.attacker.login, self.attacker.login)
        model, values = self.get_attacks()[0]
        message = MESSAGE.format(sender="root@example.com", number="rpc")
        for args, kwargs in (
            ([model, message, values], {}),
            ([model, message], {"custom_values": values}),
            ([model, message, False, False, False, self.start().id], {}),
        ):
            for name in ("mail.thread", "certificate.activation", "res.partner"):
                with self.subTest(name=name, args=len(args)), self.assertRaises(JsonRpcException):
                    self.make_jsonrpc_request(
                        f"/web/dataset/call_kw/{name}/message_process",
                        {
                            "model": name,
                            "method": "message_process",
                            "args": args,
                            "kwargs": kwargs,
                        },
                    )

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_no_record_of_the_add_on_begins_with_a_message(self):
        models = self.get_threads()
        self.assertIn("certificate.activation", models)
        self.assertIn("certificate.trust.anchor", models)
        values = dict(self.get_attacks())
        for user in (self.system_user, self.env.ref("base.user_root"), self.attacker):
            for model in models:
                with self.subTest(user=user.login, model=model), self.env.cr.savepoint():
                    before = self.env[model].sudo().search_count([])
                    given = None if user == self.attacker else values.get(model)
                    with self.assertRaises(UserError):
                        self.process(user, model, given)
                    self.assertEqual(self.env[model].sudo().search_count([]), before)

    def test_ordinary_mail_is_taken(self):
        for user, values in (
            (self.env.ref("base.user_root"), {"comment": "By mail"}),
            (self.system_user, {"comment": "By mail"}),
            (self.attacker, None),
        ):
            with self.subTest(user=user.login):
                created = self.process(user, "res.partner", values, "someone@example.org")
                self.assertTrue(self.env["res.partner"].browse(created).exists())
        activation = self.start()
        messages = activation.sudo().message_ids
        root = self.env.ref("base.user_root")
        self.process(root, activation._name, None, self.user_a.email, thread_id=activation.id)
        self.assertEqual(len(activation.sudo().message_ids - messages), 1)
