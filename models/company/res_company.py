from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ...const import COMPANY_CREATION, GROUP_MANAGER, LENDER_FIELDS, SELLER_PARAMETER
from ...tools import identity
from ..core.concerned import CONTACTS, forget, note
from ..trace.history import recording

# Methods called after a write of these fields, in this order.
_WRITE_EFFECTS = {
    "certificate_product_id": "_note_certificate_products",
    "certificate_request_product_id": "_note_certificate_products",
    "certificate_lent_id": "_lend_another_certificate",
    "certificate_letter_html": "_void_letters",
    **dict.fromkeys(LENDER_FIELDS, "_follow_lender_data"),
}

# What only a method of this add-on writes: who has read the letter, and when.
_SEALED = ("certificate_letter_read_on", "certificate_letter_read_by_id")


class ResCompany(models.Model):
    _inherit = "res.company"

    certificate_seller_id = fields.Many2one(
        "res.company",
        string="Seller of the certificate",
        compute="_compute_certificate_seller_id",
        inverse="_inverse_certificate_seller_id",
        help="The company of this database that sells the digital certificate and lends its own. "
        "It is the same for all companies.",
    )
    # What the seller sells and lends; empty on every other company.
    certificate_product_id = fields.Many2one(
        "product.product",
        string="Certificate product",
        domain="[('company_id', '=', id), ('type', '=', 'service'), ('sale_ok', '=', True)]",
        help="The product on the invoice. It must belong to the seller alone. Its price and taxes "
        "are what a company pays.",
        prefetch="certificate",
    )
    certificate_lent_id = fields.Many2one(
        "certificate.certificate",
        string="Lent certificate",
        domain="[('company_id', '=', id), '|', ('private_key_id', '!=', False), ('is_key_sealed', '=', True)]",
        groups="base.group_system",
        help="The certificate that signs for the companies that have signed the exoneration letter.",
        prefetch="certificate",
    )
    certificate_validity_months = fields.Integer(
        string="Certificate validity",
        default=12,
        help="Months of validity per payment.",
        prefetch="certificate",
    )
    certificate_provider_id = fields.Many2one(
        "payment.provider",
        string="Payment provider of the certificate",
        domain="[('company_id', '=', id), ('state', '!=', 'disabled')]",
        help="The only provider that collects the payments for the certificate; if empty, all of the "
        "seller's providers do.",
        prefetch="certificate",
    )
    certificate_accept_receipts = fields.Boolean(
        string="Accept receipts",
        help="Let a company that paid an outside authority attach the receipt instead of buying "
        "here. A manager of that company approves it, and this company then lends its certificate.",
        prefetch="certificate",
    )
    certificate_sign_after_review = fields.Boolean(
        string="Sign only after review",
        help="Sign nothing with the lent certificate until a custodian of this company has accepted "
        "the signed letter, even if its code or its digital signature was recognised.",
        prefetch="certificate",
    )
    certificate_accept_test_payments = fields.Boolean(
        string="Accept test payments",
        help="Let payments of a provider in test mode activate certificates: for demonstrations.",
        prefetch="certificate",
    )

    _certificate_validity_months_positive = models.Constraint(
        "CHECK (certificate_validity_months > 0)",
        "The certificate must be valid for at least one month.",
    )

    @api.constrains("certificate_provider_id")
    def _check_certificate_provider_id(self):
        for company in self:
            provider = company.certificate_provider_id.sudo()
            # A parent company can collect for its branches.
            if provider and provider.company_id not in company.parent_ids:
                raise ValidationError(
                    self.env._(
                        "%(provider)s collects for another company. Choose a provider of %(company)s.",
                        provider=provider.name,
                        company=company.name,
                    )
                )

    @api.constrains("certificate_product_id", "certificate_request_product_id")
    def _check_certificate_product_id(self):
        for company in self:
            products = (company.certificate_product_id, company.certificate_request_product_id)
            if products[0] and products[0] == products[1]:
                raise ValidationError(
                    self.env._(
                        "%s is the product of the lent certificate. Choose another product for "
                        "requested certificates, so that each payment counts for only one of "
                        "the two.",
                        products[0].display_name,
                    )
                )
            for product in filter(None, products):
                if product.company_id == company:
                    continue
                raise ValidationError(
                    self.env._(
                        "%(product)s must belong to %(company)s alone, so that no buyer can change "
                        "its price. Set the company of the product.",
                        product=product.display_name,
                        company=company.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Let the user who creates a company fill in its contact, though that user joins the
        company only afterwards.
        """
        for vals in vals_list:
            self._check_sealed(vals)
        creation = self.with_context(certificate_company_creation=COMPANY_CREATION)
        companies = super(ResCompany, creation).create(vals_list).with_env(self.env)
        note(self.env, CONTACTS, companies.sudo().partner_id.ids)
        companies._note_certificate_products()
        return companies

    def write(self, vals):
        self._check_sealed(vals)
        if "partner_id" in vals:
            contacts = {*self.sudo().partner_id.ids, vals["partner_id"]}
            note(self.env, CONTACTS, contacts - {False, None})
        with recording(self, vals):
            result = super().write(vals)
        # Each once, whatever fields it is for.
        for effect in dict.fromkeys(
            effect for name, effect in _WRITE_EFFECTS.items() if name in vals
        ):
            getattr(self, effect)()
        return result

    @api.model
    def _check_sealed(self, vals):
        """Refuse to write what states who did something, even for an administrator.

        :raise AccessError: outside sudo mode
        """
        if self.env.su:
            return
        if "certificate_has_sold" in vals:
            raise AccessError(
                self.env._("Whether a company has sold certificates is noted when it sells one.")
            )
        if not vals.keys().isdisjoint(_SEALED):
            raise AccessError(self.env._("Whoever has read the letter confirms it on its page."))

    @api.constrains("partner_id")
    def _check_partner_id(self):
        # Of `res.partner._read_company_partners`.
        forget(self.env)
        self.partner_id._check_nit_lock()

    # === COMPUTE METHODS === #

    def _compute_certificate_seller_id(self):
        seller_id = self.env["ir.config_parameter"].sudo().get_param(SELLER_PARAMETER)
        # Anything but a number is no company.
        seller_id = int(seller_id) if str(seller_id).isdecimal() else 0
        # The seller is named to everyone who buys, whichever companies they work for.
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        seller = companies.browse(seller_id or None)
        if seller and seller_id not in self._get_certificate_sellers():
            seller = companies.search([("id", "=", seller_id)])
        self.certificate_seller_id = seller.with_env(self.env).sudo(self.env.su)

    def _inverse_certificate_seller_id(self):
        for company in self:
            # Without sudo: only an administrator sets parameters.
            self.env["ir.config_parameter"].set_param(
                SELLER_PARAMETER, company.certificate_seller_id.id
            )
        self.env["res.company"].invalidate_model(["certificate_seller_id"])

    # === BUSINESS METHODS === #

    def _get_certificate_validity_months(self):
        """Return the months of validity per payment, even if the seller is outside this database.

        :rtype: int
        """
        default = self._fields["certificate_validity_months"].default(self)
        return self.certificate_validity_months or default

    def _get_active_certificate_activation(self):
        """Return the activation under which this company signs today.

        A branch signs under that of the company whose NIT it has.

        :return: the activation in force in sudo mode, its own certificate's before a lent one's, or
            an empty record
        :rtype: certificate.activation
        """
        self.ensure_one()
        return self._map_active_certificate_activation()[self]

    def _map_active_certificate_activation(self):
        """Return it for many companies at once; see `_get_active_certificate_activation`.

        :rtype: dict[res.company, certificate.activation]
        """
        signers = {company: company._get_certificate_companies() for company in self}
        activations = self.env["certificate.activation"].sudo()
        in_force = activations._map_in_force(self.browse().union(*signers.values()))
        return {
            company: next((in_force[signer] for signer in those if signer in in_force), activations)
            for company, those in signers.items()
        }

    def _get_certificate_companies(self):
        """Return this company and those above it that are the same before the law, nearest first.

        :return: in sudo mode
        :rtype: res.company
        """
        company = companies = self.sudo()
        # Of a company that nobody has read yet, this column alone: it has a hundred.
        company.fetch(["parent_id"])
        while company.parent_id and (not company.vat or company._has_nit_of(company.parent_id)):
            company = company.parent_id
            companies += company
        return companies

    def _has_nit_of(self, other):
        """Tell whether two companies have the same NIT, however it is formatted.

        :rtype: bool
        """
        nit = identity.normalize_document(self.vat)
        return bool(nit) and nit == identity.normalize_document(other.vat)

    def _get_certificate_managers(self):
        """Return the managers of the company: users whose main company it is, or else any who have
        access to it.

        :rtype: res.users
        """
        self.ensure_one()
        return self._map_certificate_managers()[self]

    def _map_certificate_managers(self):
        """Return the managers of many companies at once; see `_get_certificate_managers`.

        :rtype: dict[res.company, res.users]
        """
        return self._map_certificate_users(GROUP_MANAGER)

    def _find_certificate_users(self, group):
        """Return the users with a group in any of these companies.

        :param str group: external identifier
        :rtype: res.users
        """
        return (
            self.env["res.users"]
            .sudo()
            .search(
                [
                    ("all_group_ids", "in", self.env["ir.model.data"]._xmlid_to_res_id(group)),
                    ("company_ids", "in", self.ids),
                    ("share", "=", False),
                ]
            )
        )

    def _map_certificate_users(self, group):
        """Return the users with a group in each company: those whose main company it is, or else
        any who have access to it.

        :param str group: external identifier
        :rtype: dict[res.company, res.users]
        """
        users = self._find_certificate_users(group)
        mapped = {}
        for company in self:
            of_company = users.filtered(lambda user, company=company: company in user.company_ids)
            mapped[company] = (
                of_company.filtered(lambda user, company=company: user.company_id == company)
                or of_company
            )
        return mapped
