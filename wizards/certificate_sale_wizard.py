from odoo import api, fields, models

from ..const import MODULE, PROFILE_FIELDS

# What is asked of the seller: the organisation profile, of which the rest is the same for every seller.
_ASKED = tuple(
    name
    for name in PROFILE_FIELDS
    if name not in ("profile_identification_type_id", "profile_responsibility_ids")
)
# By these names a contact has it.
_CONTACT_FIELDS = {name: name.removeprefix("profile_") for name in _ASKED}


class CertificateSaleWizard(models.TransientModel):
    """Two pages of the set-up of the sale: who sells, and the file of the certificate that is lent."""

    _name = "certificate.sale.wizard"
    _description = "Set Up the Seller"
    _inherit = ["certificate.guarded.mixin"]
    _editable_fields = frozenset(("company_id", *_ASKED))
    # As the three steps: a page that stays open is still there.
    _transient_max_hours = 24 * 30
    _transient_max_count = 0

    company_id = fields.Many2one(
        "res.company",
        required=True,
        ondelete="cascade",
        domain="[('user_ids', 'in', uid), ('active', '=', True)]",
    )
    page = fields.Selection(
        [("seller", "Seller"), ("lender", "Lent certificate")],
        required=True,
        readonly=True,
    )
    field_errors = fields.Json(
        compute="_compute_field_errors", help="Errors by field name, once it was to be saved."
    )
    is_checked = fields.Boolean(readonly=True, help="Whether red messages are shown.")

    # Who sells
    profile_name = fields.Char(
        string="Name", compute="_compute_profile", store=True, readonly=False
    )
    profile_vat = fields.Char(
        string="NIT",
        compute="_compute_profile",
        store=True,
        readonly=False,
        help="With its check digit, as in boxes 5 and 6 of the RUT.",
    )
    profile_street = fields.Char(
        string="Address", compute="_compute_profile", store=True, readonly=False
    )
    profile_city = fields.Char(
        string="Municipality", compute="_compute_profile", store=True, readonly=False
    )
    profile_state_id = fields.Many2one(
        "res.country.state",
        string="Department",
        domain="[('country_id.code', '=', 'CO')]",
        compute="_compute_profile",
        store=True,
        readonly=False,
    )
    profile_email = fields.Char(
        string="Email", compute="_compute_profile", store=True, readonly=False
    )
    profile_phone = fields.Char(
        string="Phone", compute="_compute_profile", store=True, readonly=False
    )
    profile_identification_type_id = fields.Many2one(
        "l10n_latam.identification.type", compute="_compute_given"
    )
    profile_responsibility_ids = fields.Many2many(
        "electronic.invoicing.responsibility", compute="_compute_given"
    )

    # The certificate that is lent
    lent_certificate = fields.Json(
        compute="_compute_lent_certificate",
        help="Description of the lent certificate: rows and warnings, once it is loaded.",
    )
    replaced_id = fields.Integer(
        readonly=True, help="The certificate instead of which another one is to be loaded."
    )

    # === COMPUTE METHODS === #

    @api.depends("page")
    def _compute_display_name(self):
        titles = dict(self._fields["page"]._description_selection(self.env))
        for wizard in self:
            wizard.display_name = titles.get(wizard.page)

    @api.depends("company_id")
    def _compute_profile(self):
        for wizard in self:
            # With the user's rights: anyone can send any company here.
            wizard.company_id.check_access("read")
            contact = wizard.company_id.partner_id
            for name, source in _CONTACT_FIELDS.items():
                wizard[name] = contact[source]
            if wizard.profile_state_id.country_id.code != "CO":
                wizard.profile_state_id = False

    @api.depends("company_id")
    def _compute_given(self):
        nit = self.env.ref("l10n_co.rut")
        for wizard in self:
            wizard.profile_identification_type_id = nit
            wizard.profile_responsibility_ids = wizard.company_id.sudo().fiscal_responsibility_ids

    @api.depends("is_checked", *_ASKED)
    def _compute_field_errors(self):
        for wizard in self:
            wizard.field_errors = {
                **(wizard._get_errors() if wizard.is_checked else {}),
                **wizard._get_length_errors(wizard),
            }

    @api.depends("company_id.certificate_lent_id", "replaced_id")
    def _compute_lent_certificate(self):
        for wizard in self:
            lent = wizard.company_id.sudo().certificate_lent_id
            is_replaced = lent and lent.id == wizard.replaced_id
            wizard.lent_certificate = (
                not is_replaced and wizard.company_id._describe_lent_certificate()
            )

    def _get_errors(self):
        """Say what is missing or wrong in the data of the seller, by the names of the fields."""
        errors = self.company_id._get_electronic_profile_errors(self)
        return {name: sentence for name, (_label, sentence) in errors.items() if name in _ASKED}

    # === ACTION METHODS === #

    def action_confirm(self):
        """Save, show every red message, or let the company sell when there is none."""
        self.ensure_one()
        self.company_id._check_sale_editor()
        self._trusted().is_checked = True
        if self._get_errors() or self.field_errors:
            return None
        contact = {
            _CONTACT_FIELDS[name]: self._fields[name].convert_to_write(self[name], self)
            for name in _ASKED
        }
        kind = self.profile_identification_type_id
        self.company_id._set_up_seller({**contact, "l10n_latam_identification_type_id": kind.id})
        return self.action_open_overview()

    def action_replace(self):
        """Ask for another file, although the certificate that is lent can sign."""
        self.ensure_one()
        self.company_id._check_sale_editor()
        self._trusted().replaced_id = self.company_id.sudo().certificate_lent_id.id

    def action_open_overview(self):
        """Go back to the page that sets up the sale."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            f"{MODULE}.certificate_sale_setup_action"
        )
        return self.company_id._open_as_seller({**action, "target": "main"})

    # === BUSINESS METHODS === #

    @api.model
    def _open(self, company, page):
        """Open one of the two pages.

        :param company: `res.company`
        :param str page: `seller` or `lender`
        :return: an action
        :rtype: dict
        """
        company._check_sale_editor()
        wizard = self._trusted().create({"company_id": company.id, "page": page})
        return {
            "type": "ir.actions.act_window",
            "name": wizard.display_name,
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "current",
        }
