"""A real client, OCA's electronic invoicing, posts and signs. `dev/test` runs this in a database of
its own, which has that add-on; nothing else needs it.
"""

from contextlib import suppress
from ssl import DER_cert_to_PEM_cert
from unittest.mock import patch

from cryptography.hazmat.primitives.serialization import Encoding

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...tools import xades
from ..common.own import OwnCertificateCommon
from ..common.signature_judges import get_judges

MODELS = "odoo.addons.l10n_co_electronic_invoice_self.models"
CLIENT_LOGGERS = (f"{MODELS}.account_edi_format", f"{MODELS}.l10n_co_dian_self_service")
SIGNED = ("Invoice", "Request", "AttachedDocument")


@tagged("-standard", "dian_client", "post_install", "-at_install")
class TestDianClient(OwnCertificateCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = cls.env
        company = cls.company_a
        # The seller does not invoice electronically here.
        env["account.journal"].search(
            [("company_id", "=", cls.seller.id)]
        ).l10n_latam_use_documents = False
        cls.complete_template()
        env["account.chart.template"].try_loading("co", company, install_demo=False)
        fiscal = {
            "l10n_co_regimen_fiscal": "48",
            "l10n_co_responsibility_ids": [
                Command.set(env["l10n_co.responsibility.type"].search([], limit=1).ids)
            ],
        }
        company.write({**fiscal, "l10n_co_ciiu_id": env["l10n_co.ciiu"].search([], limit=1).id})
        cls.journal = env["account.journal"].search(
            [("company_id", "=", company.id), ("type", "=", "sale")], limit=1
        )
        cls.journal.write(
            {
                "l10n_latam_use_documents": True,
                "l10n_co_dian_operation_mode": "demo",
                "l10n_co_electronic_document_prefix_test": "SETP",
                "l10n_co_electronic_document_start_number_test": 990000000,
                "l10n_co_electronic_document_end_number_test": 995000000,
            }
        )
        cls.customer = env["res.partner"].create(
            {
                "name": "Cliente & Cía SAS",
                "is_company": True,
                "vat": "830114921-1",
                "country_id": env.ref("base.co").id,
                "state_id": company.state_id.id,
                "city": "Cali",
                "street": "Calle 1",
                "email": "cliente@example.com",
                "l10n_latam_identification_type_id": env.ref("l10n_co.rut").id,
                **fiscal,
            }
        )
        taxes = env["account.tax"].search(
            [("company_id", "=", company.id), ("type_tax_use", "=", "sale"), ("amount", "=", 19)],
            limit=1,
        )
        taxes.l10n_co_tax_type_id = env["l10n_co.tax.type"].search([("code", "=", "01")], limit=1)
        unit = env.ref("uom.product_uom_unit")
        unit.unece_code_id = unit.unece_code_id or env["unece.uom.code"].search([], limit=1)
        cls.service = env["product.product"].create(
            {
                "name": "Asesoría",
                "default_code": "A1",
                "type": "service",
                "taxes_id": [Command.set(taxes.ids)],
            }
        )
        cls.invoicing = cls.env["account.move"].with_user(cls.user_a)

    @classmethod
    def complete_template(cls):
        """Allow what the client writes and the Odoo that it is tested with does not know yet."""
        from odoo.addons.account_edi_ubl_cii.tools import ubl_21_common

        legal_entity = ubl_21_common.Party["cac:PartyLegalEntity"]
        scheme = {"cbc:ID": {}, "cbc:Name": {}}
        cls.enterClassContext(patch.dict(legal_entity, {"cac:CorporateRegistrationScheme": scheme}))

    def create_posted(self):
        """Create and post an invoice, as the invoicing user."""
        move = self.invoicing.create(
            {
                "move_type": "out_invoice",
                "journal_id": self.journal.id,
                "partner_id": self.customer.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create(
                        {"product_id": self.service.id, "quantity": 1, "price_unit": 1000}
                    )
                ],
            }
        )
        move.action_post()
        return move

    def post(self):
        """Create, post and send an invoice, as an invoicing user without rights on settings."""
        self.assertFalse(self.user_a.has_group("base.group_system"))
        move = self.create_posted()
        # Its templates are deprecated, and it logs what it tells the user.
        with mute_logger("odoo.addons.base.models.ir_qweb", *CLIENT_LOGGERS):
            move.action_process_edi_web_services(with_commit=False)
        return move

    def get_file(self, move, kind):
        """Return the one signed file of a kind among the invoice's attachments."""
        attachments = (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", move._name), ("res_id", "=", move.id)])
        )
        found = set()
        for content in attachments.mapped("raw"):
            with suppress(xades.XadesError):
                if xades.verify(content).document == kind:
                    found.add(content)
        (signed,) = found
        return signed

    def test_an_invoicing_user_posts_and_it_is_signed_with_the_lent_certificate(self):
        self.assertPostedAndSigned(self.get_active(), self.seller, "third party")

    def test_it_is_signed_with_the_own_certificate_too(self):
        self.assertPostedAndSigned(self.get_active_own(), self.company_a, "supplier")

    def assertPostedAndSigned(self, activation, lender, role):
        certificate = activation.sudo().certificate_id
        with self.assertRaises(AccessError):
            certificate.with_user(self.user_a).read(["private_key_id"])
        move = self.post()
        self.assertFalse(move.edi_error_message)
        self.assertEqual(move.edi_state, "sent")
        rows = self.env["certificate.signature.log"].sudo().search([], order="id")
        self.assertEqual(tuple(rows.mapped("document_type")), SIGNED)
        self.assertEqual(rows.activation_id, activation.sudo())
        self.assertEqual(rows.user_id, self.user_a)
        self.assertEqual(rows.lender_id, lender)
        self.assertEqual(set(rows.mapped("res_id")), set(move.ids))
        for name in ("Invoice", "AttachedDocument"):
            signed = self.get_file(move, name)
            facts = xades.verify(signed)
            self.assertEqual((facts.document, facts.role), (name, role))
            self.assertEqual(facts.certificate, activation._get_x509())
            digest = xades.hashlib.sha256(signed).hexdigest()
            self.assertEqual(
                rows.filtered(lambda row, d=digest: row.signature_digest == d).document_type, name
            )
        # The container holds the invoice as it was signed.
        self.assertIn(self.get_file(move, "Invoice"), signed)

    def test_whatever_was_typed_is_signed_validly(self):
        """An invoice has its number before it is signed: its texts are cleaned where they are written."""
        activation = self.get_active()
        # A vertical tab, and two that are no characters.
        typed = "Café\r\nmolido\t1 kg\r\x0b\ufffe\uffff"
        self.service.write({"name": typed, "default_code": "A1\t\r\n"})
        self.customer.write({"name": f"Cliente{typed}", "street": typed})
        self.journal.l10n_co_dian_software_identification = "soft\tware\r\n"
        move = self.post()
        self.assertFalse(move.edi_error_message)
        self.assertEqual(move.edi_state, "sent")
        invoice, container = (self.get_file(move, kind) for kind in ("Invoice", "AttachedDocument"))
        self.assertIn("Café\nmolido\t1 kg\n", invoice.decode())
        pem = DER_cert_to_PEM_cert(activation._get_x509().public_bytes(Encoding.DER)).encode()
        for name, (is_valid, _is_invalid) in get_judges().items():
            self.assertEqual(is_valid(pem, [invoice, container]), [True, True], name)

    def test_nothing_is_signed_when_the_activation_has_ended(self):
        self.get_active().with_user(self.manager_a).action_revoke()
        move = self.post()
        self.assertTrue(move.edi_error_message)
        self.assertEqual(move.edi_state, "to_send")
        self.assertFalse(self.env["certificate.signature.log"].sudo().search_count([]))

    def test_who_never_activated_signs_as_before(self):
        move = self.post()
        self.assertEqual(move.edi_state, "sent")
        self.assertFalse(self.env["certificate.signature.log"].sudo().search_count([]))

    def test_outside_demonstrations_an_invoicing_user_passes_the_check_with_a_lent_certificate(
        self,
    ):
        self.get_active()
        self.journal.write(
            {
                "l10n_co_dian_operation_mode": "test",
                "l10n_co_dian_software_identification": "software",
                "l10n_co_dian_software_pin": "12345",
                "l10n_co_dian_software_technical_key_test": "key",
                "l10n_co_electronic_document_resolution_test": "18760000001",
                "l10n_co_electronic_document_start_resolution_date_test": "2026-01-01",
                "l10n_co_electronic_document_end_resolution_date_test": "2030-01-01",
            }
        )
        move = self.create_posted()
        self.assertEqual(move.state, "posted")
        service = self.env["l10n_co.dian.self.service"].with_user(self.user_a)
        signed, _signer = service._generate_signed_xml(move)
        self.assertEqual(xades.verify(signed).role, "third party")

    def test_the_signer_gives_no_key(self):
        self.get_active()
        signer = (
            self.env["l10n_co.dian.self.service"]
            .with_user(self.user_a)
            ._get_signer(self.journal.with_user(self.user_a))
        )
        self.assertEqual(
            [name for name in dir(signer.private_key) if not name.startswith("_")], ["sign"]
        )
        with self.assertRaises(UserError):
            signer.sign_xml("<Invoice/>")

    # === THE SIX STEPS === #

    def test_the_six_steps_take_what_journal_and_contact_hold(self):
        self.get_active()
        today = self.env["certificate.activation"]._get_today()
        self.journal.write(
            {
                "l10n_co_dian_test_set_id": "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
                "l10n_co_dian_software_identification": "a81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                "l10n_co_electronic_document_resolution": "18764000000001",
                "l10n_co_electronic_document_prefix": "FE",
                "l10n_co_electronic_document_start_number": 1,
                "l10n_co_electronic_document_end_number": 5000,
                "l10n_co_electronic_document_start_resolution_date": today,
                "l10n_co_electronic_document_end_resolution_date": today,
                "l10n_co_dian_software_technical_key": "fc" * 20,
            }
        )
        setups = self.env["electronic.invoicing.setup"].with_user(self.user_a)
        setups.action_open_step("test_set")
        setup = setups.search([])
        self.assertEqual(setup.test_set_identifier, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
        self.assertEqual(setup.software_identifier, "a81d4fae-7dec-11d0-a765-00a0c91e6bf6")
        setup.write({"test_set_result": "accepted", "test_set_accepted_on": today})
        setup._confirm_test_set(self.company_a.vat)
        setup.action_open_step("resolution")
        resolution = self.env["electronic.invoicing.resolution"].with_user(self.user_a).search([])
        self.assertEqual(
            (resolution.number, resolution.prefix, resolution.range_to, resolution.state),
            ("18764000000001", "FE", 5000, "in_force"),
        )
        self.assertEqual(resolution.journal_id, self.journal)
        self.company_a.fiscal_responsibility_ids = False
        self.assertEqual(setup.get_overview()["steps"][0]["missing"], [])
        self.company_a.partner_id.l10n_co_responsibility_ids = False
        step = setup.get_overview()["steps"][0]
        self.assertEqual(
            [item["field"] for item in step["missing"]], ["profile_responsibility_ids"]
        )
