import base64
from datetime import timedelta

from odoo import api, models
from odoo.fields import Command

from ..const import GROUP_CUSTODIAN, GROUP_MANAGER, RESPONSIBILITY_NONE
from ..tools.pdf_check import check_pdf
from . import records
from .signed_letter import make_signed_letter

_INVOICING = "account.group_account_invoice"
_TEST_SET = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"


class CertificateDemo(models.AbstractModel):
    """Demo data: an accounting firm that lends its certificate, and four clients.

    One client has not begun, one is at *Pay*, one has downloaded its letter, and one invoices under a
    certificate that ends soon. Each gets there as its users would, by the methods behind the
    buttons and as those users. Each password is the login, unless a policy of passwords refuses it.

    Companies, users and accounting have external identifiers of `base`, as the demo companies of
    Odoo's own localizations do: they stay after an uninstallation, because posted invoices stay,
    and are found again after a new installation.
    """

    _name = "certificate.demo"
    _description = "Demo Data of Digital Certificates"

    @api.model
    def _load(self):
        """Load companies and people, and bring each client to its point of the story."""
        self._make_companies()
        self._tell_story()

    # === COMPANIES AND PEOPLE === #

    @api.model
    def _make_companies(self):
        """Make the seller, two clients that have not begun, and their users."""
        env = self.env
        env.ref("base.COP").active = True
        seller = self._make_seller()
        coffee = self._make_company("coffee", records.COFFEE)
        flowers = self._make_company("flowers", records.FLOWERS)
        self._make_user("ana", "Ana Usuaria", coffee, _INVOICING)
        self._make_user("mario", "Mario Gerente", coffee, _INVOICING, GROUP_MANAGER)
        self._make_user("flor", "Flor Usuaria", flowers, _INVOICING)
        self._make_user(
            "carla",
            "Carla Custodia",
            seller | coffee | flowers,
            GROUP_CUSTODIAN,
            "account.group_account_manager",
        )
        # The contact whom the client's manager invites through the portal.
        self._make_once(
            "contact",
            lambda: env["res.partner"].create(
                {
                    "name": "María Fernanda Pérez Gómez",
                    "email": "maria@example.com",
                    "parent_id": coffee.partner_id.id,
                    "lang": self._get_language(),
                }
            ),
        )

    @api.model
    def _make_seller(self):
        """Make the accounting firm, which sells the certificate and lends its own.

        :rtype: res.company
        """
        env = self.env
        seller = self._make_company("seller", records.SELLER)
        if not seller.certificate_product_id:
            records.make_seller(seller)
            if (language := self._get_language()) != "en_US":
                for product, name in (
                    (seller.certificate_product_id, "Certificado digital por un año"),
                    (
                        seller.certificate_request_product_id,
                        "Certificado digital propio por un año",
                    ),
                ):
                    product.with_context(lang=language).name = name
        seller.certificate_seller_id = seller
        demo = env.ref("payment.payment_provider_demo")
        if demo.code == "demo":  # payment_demo is installed
            provider = self._make_once(
                "provider", lambda: demo.copy({"company_id": seller.id, "name": "Demo"})
            )
            provider.write({"state": "test", "is_published": True})
            # What it says to those who pay was written in English.
            speaking = provider.with_context(lang=self._get_language())
            speaking.write(
                speaking.default_get(["auth_msg", "cancel_msg", "done_msg", "pending_msg"])
            )
            provider.payment_method_ids.active = True
        return seller

    @api.model
    def _make_company(self, key, profile):
        """Make a company with the chart of accounts of Colombia.

        :rtype: res.company
        """
        # Odoo loads a chart by itself as well, but not while add-ons are being installed.
        env = self.with_context(chart_template_load=True).env
        made = self._make_once(key, lambda: records.make_company(env, *profile))
        company = made.with_env(self.env)
        (self.env.user | self.env.ref("base.user_admin")).company_ids |= company
        # The defaults that existing companies get at the end of the installation.
        company.fiscal_responsibility_ids |= self.env.ref(RESPONSIBILITY_NONE)
        if not company.chart_template:
            # Not `try_loading`, which warns during an installation that asks for no demo invoices.
            self.env["account.chart.template"]._load("co", company, install_demo=False)
        return company

    @api.model
    def _make_user(self, login, name, companies, *groups):
        user = self._make_once(
            login,
            lambda: records.make_user(
                self.env,
                name,
                login,
                companies,
                *groups,
                lang=self._get_language(),
                tz="America/Bogota",
            ),
        )
        # The groups are deleted with the add-on.
        user.group_ids = [Command.link(self.env.ref(group).id) for group in groups]

    @api.model
    def _make_once(self, key, make):
        """Return the record of that key, created if it does not exist yet.

        :param str key: what its external identifier ends with
        :param make: makes it, called without arguments
        """
        xml_id = f"base.certificate_demo_{key}"
        record = self.env.ref(xml_id, raise_if_not_found=False)
        if not record:
            record = make()
            self.env["ir.model.data"]._update_xmlids(
                [{"xml_id": xml_id, "record": record, "noupdate": True}]
            )
        return record

    @api.model
    def _get_language(self):
        """Return Colombian Spanish if it is installed, or else Odoo's English."""
        return "es_CO" if self.env["res.lang"]._get_data(code="es_CO") else "en_US"

    # === STORY === #

    @api.model
    def _tell_story(self):
        """Let one of the two begin, and create two more that have come further."""
        self._start("ana")
        bakery = self._make_company("bakery", records.BAKERY)
        transport = self._make_company("transport", records.TRANSPORT)
        self._make_user("tomas", "Tomás Usuario", bakery, _INVOICING)
        self._make_user("teresa", "Teresa Gerente", transport, _INVOICING, GROUP_MANAGER)
        self._get("carla").company_ids |= bakery | transport
        seller = self._get("seller")
        months = seller.certificate_validity_months
        # So that its end is near, while everything is still consistent today.
        seller.certificate_validity_months = 1
        activation = self._download_letter(
            "teresa", "Jorge Iván", "Restrepo Mejía", "70123456", "Manizales", "310 555 0101"
        )
        letter = make_signed_letter(
            activation.letter_code,
            activation.company_id.name,
            "Jorge Iván Restrepo Mejía",
            check_pdf(activation._render_letter()).pages,
        )
        activation.write(
            {
                "signed_letter": base64.b64encode(letter),
                "signed_letter_filename": "carta-firmada.pdf",
            }
        )
        activation.action_finish()
        seller.certificate_validity_months = months
        self._start_invoicing("teresa")
        self._download_letter(
            "tomas", "Luz Marina", "Díaz Rueda", "42123456", "Pereira", "315 555 0102"
        )

    @api.model
    def _get(self, key):
        return self.env.ref(f"base.certificate_demo_{key}")

    @api.model
    def _start(self, login):
        """Open the three steps in the name of a user.

        :rtype: certificate.activation
        """
        user = self._get(login)
        env = self.env(user=user, context={"lang": user.lang})
        action = env["certificate.activation"].action_open_wizard()
        return env[action["res_model"]].browse(action["res_id"]).activation_id

    @api.model
    def _download_letter(self, login, name, surname, number, issue_city, phone):
        """Buy, have the seller's accountant register a transfer, and fill in and download the letter.

        :rtype: certificate.activation
        """
        activation = self._start(login)
        if activation.is_for_sale:
            activation.action_pay()
            self._pay_by_transfer(activation.sudo().payment_move_id)
        else:  # without a payment provider, the seller's accountant invoices it by hand
            self._pay_by_transfer(self._invoice_by_hand(activation))
            activation.action_verify_payment()
        activation.invalidate_recordset()
        activation.action_continue()
        # Otherwise its history would contain only the last of several states.
        self.env.cr.flush()
        activation.write(
            {
                "representative_name": name,
                "representative_surname": surname,
                "representative_vat": number,
                "representative_issue_city": issue_city,
                "representative_email": activation.company_id.email,
                "representative_phone": phone,
            }
        )
        activation.action_download_letter()
        return activation

    @api.model
    def _invoice_by_hand(self, activation):
        """Draft the seller's invoice for the certificate of a company.

        :rtype: account.move
        """
        seller = activation.sudo().seller_id
        vals = seller._prepare_certificate_move_vals(
            activation.company_id.sudo().partner_id, seller.certificate_product_id
        )
        return self.env["account.move"].with_company(seller).create(vals)

    @api.model
    def _pay_by_transfer(self, invoice):
        """Post an invoice of the seller and register its payment, as its accountant would."""
        invoice = invoice.with_user(self._get("carla")).with_company(invoice.company_id)
        invoice.action_post()
        self.env["account.payment.register"].with_env(invoice.env).with_context(
            active_model=invoice._name, active_ids=invoice.ids
        ).create({})._create_payments()

    @api.model
    def _start_invoicing(self, login):
        """Go through the rest of the six steps."""
        user = self._get(login)
        env = self.env(user=user, context={"lang": user.lang})
        today = env["certificate.activation"]._get_today()
        setup = env["electronic.invoicing.setup"]._get_for_company()
        setup.write(
            {
                "test_set_identifier": _TEST_SET,
                "test_set_sent_on": today - timedelta(days=5),
                "test_set_result": "accepted",
                "test_set_accepted_on": today - timedelta(days=3),
            }
        )
        setup._confirm_test_set(user.company_id.vat)
        setup.resolution_id = env["electronic.invoicing.resolution"].create(
            {
                "number": "18764000000001",
                "prefix": "FE",
                "range_from": 1,
                "range_to": 5000,
                "date_start": today - timedelta(days=2),
                "date_end": today + timedelta(days=363),
            }
        )
        journals = env["account.journal"].sudo()
        journal = journals.search(
            [("type", "=", "sale"), ("company_id", "=", user.company_id.id)], limit=1
        )
        setup.write({"sale_journal_id": journal.id, "invoice_type": "01"})
        setup._start(True)
