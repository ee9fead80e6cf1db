"""A company in the middle of everything, of which others try to read or change something."""

from contextlib import contextmanager

from odoo.tests import HttpCase, JsonRpcException
from odoo.tools import mute_logger

from ...const import MODULE
from .case import CertificateCommon

ACTIVATION = "certificate.activation"
WIZARD = "certificate.activation.wizard"
SETUP = "electronic.invoicing.setup"
RECEIPT = "certificate.payment.receipt"
RESOLUTION = "electronic.invoicing.resolution"


class SecurityCommon(CertificateCommon, HttpCase):
    """Company A has an activation in process, with a signed letter, an open wizard and a set-up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.admin_user
        cls.admin.company_ids |= cls.company_a
        walk = cls.get_walk()
        cls.activation = walk.get_downloaded()
        walk.attach(cls.activation)
        cls.wizard = walk.get_wizard(cls.activation.action_open_wizard())
        setups = cls.env[SETUP].with_user(cls.user_a)
        setups.get_overview()
        cls.setup = setups.search([])
        cls.invoice = cls.activation.sudo().payment_move_id
        cls.receipt = cls.env[RECEIPT].with_user(cls.user_a)
        cls.receipt = cls.receipt._create_once({"activation_id": cls.activation.id})
        cls.receipt.write({"authority": "Autoridad SA", "receipt": cls.scan})
        cls.resolution = cls.env[RESOLUTION].with_user(cls.user_a)
        cls.resolution = cls.resolution.create(
            {
                "number": "18764000000001",
                "range_from": 1,
                "range_to": 10,
                "date_start": "2026-01-01",
                "date_end": "2027-12-31",
            }
        )
        cls.records = (cls.activation, cls.wizard, cls.setup, cls.receipt, cls.resolution)
        # Those who may see the activation, and those who may not.
        cls.insiders = (cls.user_a, cls.manager_a, cls.custodian, cls.system_user, cls.admin)
        cls.outsiders = (cls.user_b, cls.stranger, cls.portal_user)

    def setUp(self):
        super().setUp()
        self.caller = None

    def check_headers(self, answer):
        headers = answer.headers
        self.assertEqual(headers.get("Cache-Control"), "no-store")
        self.assertIn("frame-ancestors 'none'", headers.get("Content-Security-Policy", ""))
        self.assertEqual(headers.get("X-Frame-Options"), "DENY")
        self.assertEqual(headers.get("X-Content-Type-Options"), "nosniff")
        self.assertEqual(headers.get("Referrer-Policy"), "no-referrer")

    def log_in(self, user):
        if self.caller != user:
            self.authenticate(user and user.login, user and user.login)
            self.caller = user

    def call(self, user, record, method, *args, context=None, **kwargs):
        """Call a method on a record, or on a model by its name, as the web client does.

        All companies of the user are switched on, unless the context says otherwise.
        """
        self.log_in(user)
        if not isinstance(record, str):
            record, args = record._name, (record.ids, *args)
        context = {"allowed_company_ids": user.company_ids.ids if user else [], **(context or {})}
        return self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {
                "model": record,
                "method": method,
                "args": args,
                "kwargs": {**kwargs, "context": context},
            },
        )

    @contextmanager
    def refused(self, error="odoo.exceptions.AccessError"):
        with mute_logger("odoo.http"), self.assertRaisesRegex(JsonRpcException, f"^{error}$"):
            yield

    @contextmanager
    def unchanged(self):
        """Assert that nothing of company A changes."""
        before = self.get_all()
        yield
        self.assertEqual(self.get_all(), before)

    def get_all(self):
        self.env.invalidate_all()
        self.env.flush_all()
        models = {
            name
            for name, model in self.env.registry.items()
            if model._original_module == MODULE and not model._abstract
        }
        # The end of a chain moves when what was noted before is linked to it.
        models -= {"certificate.signature.head"}
        models |= {"res.company", "account.move", "payment.transaction"}
        return [
            *(
                record.sudo().read(
                    [
                        name
                        for name, field in record._fields.items()
                        if field.store and (field.column_type or field.type == "binary")
                    ]
                )
                for record in self.records
            ),
            *(self.env[model].sudo().search([], order="id").ids for model in sorted(models)),
        ]
