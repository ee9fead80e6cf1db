from odoo import api, fields, models

from ...const import PARTNER_RESPONSIBILITIES_FIELD, RESPONSIBILITY_NONE
from ...tools import identity

# Each is filled in for a company whose invoices another provider sends to DIAN: fields of Odoo's own add-ons for
# Carvajal, and for DIAN's web services.
_OTHER_PROVIDERS = ("l10n_co_edi_username", "l10n_co_dian_operation_mode_ids")


class ResCompany(models.Model):
    """What DIAN asks of a company that issues electronic invoices, and who looks after it."""

    _inherit = "res.company"

    fiscal_responsibility_ids = fields.Many2many(
        "electronic.invoicing.responsibility",
        string="Fiscal responsibilities",
        default=lambda self: self._get_default_fiscal_responsibility(),
        help="As in box 53 of the RUT; R-99-PN if it lists no other.",
    )

    @api.model
    def _get_default_fiscal_responsibility(self):
        """Return the default of most companies: R-99-PN, which stands for none of the others."""
        # Not there yet while the add-on is installed: `hooks.post_init_hook` sets it then.
        return self.env.ref(RESPONSIBILITY_NONE, raise_if_not_found=False) or []

    # === BUSINESS METHODS === #

    def _get_electronic_phase(self):
        """Tell how far this company has come with electronic invoicing, for what Accounting shows of it.

        It costs no query: it is asked for each invoice, of whoever does not use the add-on, too.

        :return: `open`, `started`, or False for a company that the six steps are not for
        :rtype: str | bool
        """
        self.ensure_one()
        if self.account_fiscal_country_id.code != "CO":
            return False
        started = self.env["electronic.invoicing.setup"]._get_started_company_ids()
        if not started.isdisjoint(self.parent_ids.ids):
            return "started"
        company = self.sudo()
        has_other = any(company[name] for name in _OTHER_PROVIDERS if name in company._fields)
        return False if has_other else "open"

    def _get_electronic_profile_errors(self, profile=None):
        """Say what is missing or wrong in the organisation profile.

        :param profile: anything that gives `const.PROFILE_FIELDS` by name, such as a form that is
            being filled in; without it, what is stored
        :return: a label, as Colombians call the field, and one sentence with the remedy for each
            field of `const.PROFILE_FIELDS` that must change, in their order
        :rtype: dict[str, tuple[str, str]]
        """
        profile = profile or self._get_electronic_profile()
        codes = self.sudo()._get_fiscal_responsibility_codes(profile["profile_responsibility_ids"])
        labels = {
            "profile_name": self.env._("Name"),
            "profile_identification_type_id": self.env._("Identification type"),
            "profile_vat": self.env._("NIT with its check digit"),
            "profile_street": self.env._("Address"),
            "profile_city": self.env._("City"),
            "profile_state_id": self.env._("Department"),
            "profile_email": self.env._("Email"),
            "profile_responsibility_ids": self.env._("Fiscal responsibilities"),
        }
        sentences = {
            "profile_name": self.env._("Enter the name as it appears in the RUT."),
            "profile_identification_type_id": self.env._(
                "Choose NIT: electronic invoices are issued under a NIT."
            ),
            "profile_vat": self.env._("Enter the NIT with its check digit, such as 213123432-1."),
            "profile_street": self.env._("Enter the address as it appears in the RUT."),
            "profile_city": self.env._("Enter the municipality."),
            "profile_state_id": self.env._("Choose the department."),
            "profile_email": self.env._("Enter one email, such as name@company.com."),
            "profile_responsibility_ids": self.env._(
                "R-99-PN stands for none of the others: choose it alone, or remove it."
            )
            if codes
            else self.env._("Choose the ones in box 53 of the RUT, or R-99-PN if it lists none."),
        }
        return {
            name: (labels[name], sentences[name])
            for name in self._find_electronic_profile_errors(profile)
        }

    def _find_electronic_profile_errors(self, profile=None):
        """Find what is missing or wrong in the organisation profile, without writing sentences.

        :param profile: as above
        :return: those of `const.PROFILE_FIELDS` that must change, in their order
        :rtype: list[str]
        """
        self.ensure_one()
        profile = profile or self._get_electronic_profile()
        codes = self.sudo()._get_fiscal_responsibility_codes(profile["profile_responsibility_ids"])
        # From Odoo's cache: there may be many companies.
        nit_type_id = self.env["ir.model.data"]._xmlid_to_res_id("l10n_co.rut")
        is_right = {
            "profile_name": profile["profile_name"],
            "profile_identification_type_id": profile["profile_identification_type_id"].id
            == nit_type_id,
            "profile_vat": identity.format_nit(profile["profile_vat"]),
            "profile_street": profile["profile_street"],
            "profile_city": profile["profile_city"],
            "profile_state_id": profile["profile_state_id"].country_id.code == "CO",
            "profile_email": identity.is_email(profile["profile_email"]),
            "profile_responsibility_ids": codes and ("R-99-PN" not in codes or len(codes) == 1),
        }
        return [name for name, right in is_right.items() if not right]

    def _get_electronic_profile(self):
        """Return what is stored of the organisation profile.

        :return: by the names of `const.PROFILE_FIELDS`, in sudo mode
        :rtype: dict
        """
        company = self.sudo()
        # The contact stores the address; the company only shows it.
        contact = company.partner_id
        return {
            "profile_name": contact.name,
            "profile_identification_type_id": contact.l10n_latam_identification_type_id,
            "profile_vat": company.vat,
            "profile_street": contact.street,
            "profile_city": contact.city,
            "profile_state_id": contact.state_id,
            "profile_email": contact.email,
            "profile_phone": contact.phone,
            "profile_responsibility_ids": company.fiscal_responsibility_ids,
        }

    def _get_fiscal_responsibility_codes(self, responsibilities):
        """Return DIAN's codes of the company's responsibilities.

        Those of its contact come first, where an add-on for electronic invoicing keeps them there.

        :param responsibilities: `electronic.invoicing.responsibility`, where the contact has none
        :rtype: set[str]
        """
        if PARTNER_RESPONSIBILITIES_FIELD in self.partner_id._fields:
            responsibilities = self.partner_id[PARTNER_RESPONSIBILITIES_FIELD] or responsibilities
        return set(responsibilities.mapped("code"))
