from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric import ec

from odoo.modules.registry import Registry
from odoo.tests import get_db_name

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.addons.base.tests.common import BaseCommon

from ...const import GROUP_CUSTODIAN, GROUP_MANAGER, MODULE
from . import preparation, samples
from .caches import CommittedCaches, KeptCaches
from .walk import Walk, get_scan

# cryptography remembers the class of the first date that it is given, in whichever test that is: not that of a
# frozen clock, which no other date is of.
samples.make_certificate("Firma Facil SAS", "901414515-7", ec.generate_private_key(ec.SECP256R1()))


class CertificateCommon(AccountPaymentCommon, Walk):
    """A seller that lends its certificate, two client companies, and a user of each kind.

    What a whole class of tests begins with is walked in its `setUpClass`, by `get_walk`.
    """

    walk_class = Walk

    @classmethod
    def setUpClass(cls):  # pylint: disable=method-required-super
        # Odoo empties the caches between the two: when a class ends, what was added last is done first.
        caches = CommittedCaches(Registry(get_db_name()))
        cls.addClassCleanup(caches.put_back)
        cls._set_up_common()
        cls.addClassCleanup(caches.learn)

    @classmethod
    @AccountTestInvoicingCommon.setup_country("co")
    def _set_up_common(cls):
        kept = preparation.find(get_db_name())
        if kept:
            # All of Odoo's classes for accounting and payments make records only, which are there.
            super(BaseCommon, cls).setUpClass()  # pylint: disable=super-method-mismatch
            preparation.restore(cls, kept)
            return
        super().setUpClass()  # pylint: disable=super-method-mismatch
        env = cls.env = cls.env(context={**cls.env.context, "lang": "en_US"})
        samples.set_demo_aside(env)
        env.ref("base.COP").active = True
        cls.seller = cls.company_data["company"]
        cls.seller.write({"name": "Firma Facil SAS", "vat": "901414515-7", "city": "Bogotá"})
        cls.product = samples.make_seller(cls.seller.sudo())
        cls.company_a, cls.company_b = samples.make_clients(env)
        invoicing = "account.group_account_invoice"
        cls.user_a = samples.make_user(env, "Ana", "certificate_a", cls.company_a, invoicing)
        cls.user_b = samples.make_user(env, "Flor", "certificate_b", cls.company_b, invoicing)
        cls.manager_a = samples.make_user(
            env, "Mario", "certificate_manager", cls.company_a, invoicing, GROUP_MANAGER
        )
        cls.custodian = samples.make_user(
            env,
            "Carla",
            "certificate_custodian",
            cls.seller | cls.company_a | cls.company_b,
            GROUP_CUSTODIAN,
        )
        cls.system_user = samples.make_user(
            env,
            "Root",
            "certificate_system",
            cls.company_a | cls.company_b,
            "base.group_system",
            GROUP_CUSTODIAN,
        )
        cls.stranger = samples.make_user(
            env, "Nadie", "certificate_stranger", cls.company_a, "base.group_user"
        )
        cls.scan = get_scan()
        # As when it is committed: what was done to get here is no part of a test.
        env.flush_all()
        env.cr.precommit.run()

    def setUp(self):
        self.env.flush_all()
        caches = KeptCaches(self.registry)
        self.addCleanup(caches.put_back)
        super().setUp()
        self.addCleanup(caches.learn)

    @classmethod
    def get_walk(cls):
        """Return who walks the steps, where there is no test yet."""
        return cls.walk_class(cls.env, cls.user_a, cls.provider)

    @classmethod
    def walk_to_letter(cls):
        """Walk to the downloaded letter, once for all tests of a class: its `activation` and its `wizard`."""
        walk = cls.get_walk()
        cls.activation = walk.get_downloaded()
        cls.wizard = walk.get_wizard(cls.activation.action_open_wizard())

    @staticmethod
    def get_alert(page, name):
        """Return the sentence that a page points out under a name of `ALERTS`, else None.

        :param page: the wizard, or a record that has `alerts`
        """
        return {alert["name"]: alert["sentence"] for alert in page.alerts}.get(name)

    def sell_by_demo_provider(self):
        """Let the seller collect by Odoo's demo provider."""
        demo = self.env.ref("payment.payment_provider_demo").sudo()
        if demo.code != "demo":
            # No other provider can be paid in a test.
            self.skipTest("payment_demo is not installed here.")
        demo = demo.copy({"company_id": self.seller.id, "state": "test", "is_published": True})
        demo.payment_method_ids.active = True
        self.dummy_provider.sudo().state = "disabled"

    def alter_file(self, file, content=None):
        """Change a stored file past Odoo, as who has the database can; without content, remove it.

        :param file: `ir.attachment`
        :param bytes content: what is read instead from then on
        """
        self.env.flush_all()
        if content is None:
            self.env.cr.execute("DELETE FROM ir_attachment WHERE id = %s", [file.id])
        else:
            other = self.env["ir.attachment"].sudo().create({"name": "other", "raw": content})
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE ir_attachment SET store_fname = %s WHERE id = %s",
                [other.store_fname, file.id],
            )
        self.env.invalidate_all()

    @classmethod
    def speak_spanish(cls, *speakers):
        """Let users or contacts read Colombia's Spanish."""
        cls.env["res.lang"]._activate_lang("es_CO")
        cls.env["ir.module.module"]._load_module_terms([MODULE], ["es_CO"])
        for speaker in speakers:
            speaker.lang = "es_CO"

    @contextmanager
    def rolled_back(self):
        """Undo what is written meanwhile, and what the caches hold of it."""
        self.env.flush_all()
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            yield
        finally:
            self.env.clear()
            savepoint.close(rollback=True)
            self.env.registry.clear_cache()

    def get_report(self, activation):
        """Return the PDF of the letter, through Odoo's report engine, as the activation's user."""
        report = self.env["ir.actions.report"].with_user(activation.env.user)
        content, kind = report._render_qweb_pdf(f"{MODULE}.exoneration_letter", activation.ids)
        self.assertEqual(kind, "pdf")
        return content
