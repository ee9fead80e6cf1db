from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import GROUP_USER, INVOICE_PATH
from ...tools import identity

_INVOICE_REPORT = "account.account_invoices"


class CertificateActivation(models.Model):
    """What is bought, from whom and for whom, and the invoice of it: the same on every page of the payment."""

    _inherit = "certificate.activation"

    has_invoice = fields.Boolean(
        compute="_compute_has_invoice", help="Whether the invoice was issued and paid."
    )

    @api.depends("payment_status", "payment_move_id")
    def _compute_has_invoice(self):
        for activation in self:
            activation.has_invoice = bool(activation._get_paid_invoice())

    def _describe_purchase(self):
        """Describe what is paid, for whoever is about to pay or has paid.

        :return: for each thing its `name`, `label` and `lines`
        :rtype: list[dict]
        """
        self.ensure_one()
        activation = self.sudo()
        seller = activation.seller_id
        product = activation._get_product(seller)
        what = [product.name]
        if activation.needs_letter:
            what.append(self.env._("Valid for %s", activation._get_validity()))
        if renewed := activation.renewal_of_id:
            what.append(
                self.env._(
                    "Renews %(activation)s, valid until %(end)s",
                    activation=renewed.name,
                    end=activation._format_date(renewed.date_end),
                )
            )
        return [
            {"name": "product", "label": self.env._("You buy"), "lines": what},
            {
                "name": "seller",
                "label": self.env._("Sold by"),
                "lines": activation._name_with_nit(seller),
            },
            {
                "name": "buyer",
                "label": self.env._("For"),
                "lines": activation._name_with_nit(activation.company_id),
            },
        ]

    def _name_with_nit(self, company):
        """Return the name of a company, and its NIT with points.

        :rtype: list[str]
        """
        return [
            company.name,
            *([self.env._("NIT %s", identity.show_nit(company.vat))] if company.vat else []),
        ]

    # === THE INVOICE === #

    def _get_paid_invoice(self):
        """Return the invoice that was issued and paid, in sudo mode; empty while there is none to be shown.

        An invoice that pays because its contact has the NIT of this company is not shown for that: anybody can
        write a NIT. Nor is one that the seller has made somebody else's since.

        :rtype: account.move
        """
        activation = self.sudo()
        invoice = activation.payment_move_id
        is_paid = activation.payment_status in ("paid", "test") and invoice.state == "posted"
        buyer, contact = activation.company_id.partner_id, invoice.partner_id
        while contact and contact != buyer:
            contact = contact.parent_id
        is_shown = is_paid and contact and activation._is_own_invoice(invoice)
        return invoice if is_shown else invoice.browse()

    def action_open_invoice(self):
        """Open the invoice: in the books for whoever keeps them, and as a document for the buyer.

        :return: an action
        :rtype: dict
        :raise UserError: while there is none
        """
        self._check_user(GROUP_USER)
        invoice = self._get_paid_invoice()
        if not invoice:
            raise UserError(self._write_no_invoice())
        if invoice.company_id in self.env.companies and invoice.sudo(False).has_access("read"):
            return {
                "type": "ir.actions.act_window",
                "res_model": invoice._name,
                "res_id": invoice.id,
                "views": [(False, "form")],
            }
        return {
            "type": "ir.actions.act_url",
            "url": f"{INVOICE_PATH}/{self.id}",
            "target": "download",
        }

    def _read_invoice(self):
        """Return the document of the paid invoice: the one that was sent, else as Odoo prints it now.

        :return: a PDF, or a page on a server that cannot make one
        :rtype: bytes
        :raise AccessError: for a user who may not see the activation
        :raise UserError: while there is none
        """
        self.check_access("read")
        invoice = self._get_paid_invoice()
        if not invoice:
            raise UserError(self._write_no_invoice())
        if sent := invoice.invoice_pdf_report_id:
            return sent.raw
        invoice = invoice.with_company(invoice.company_id)
        language = invoice.partner_id.lang or self.env.lang
        reports = self.env["ir.actions.report"].sudo().with_context(lang=language)
        is_pdf_possible = reports.get_wkhtmltopdf_state() != "install"
        render = reports._render_qweb_pdf if is_pdf_possible else reports._render_qweb_html
        return render(_INVOICE_REPORT, invoice.ids)[0]

    def _write_no_invoice(self):
        return self.env._("There is no invoice yet: it is issued once the certificate is paid.")

    def _get_invoice_filename(self):
        """Name the invoice's file, without extension."""
        return self._get_paid_invoice()._get_certificate_number().replace("/", "-")
