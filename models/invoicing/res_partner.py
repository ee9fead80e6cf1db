from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import frozendict, ormcache

from ...const import COMPANY_CREATION, PARTNER_RESPONSIBILITIES_FIELD
from ...tools import identity
from ..core.aftermath import shielded
from ..core.concerned import CONTACTS, add_noted, ask
from ..core.ondelete_guard import ondelete_guard
from ..core.whole_files import read_whole

# Contact fields that a letter may state of a company.
LETTER_FIELDS = frozenset(
    ("name", "vat", "street", "street2", "zip", "city", "state_id", "country_id", "email", "phone")
)
# Fields that make a contact its company's, with everything that is synchronised into those above.
_LINK_FIELDS = frozenset(
    ("parent_id", "commercial_partner_id", "company_id", "active", "is_company")
)
# The logo: a letter shows one of the sizes that Odoo keeps, and each can be written on its own.
_PICTURES = frozenset(f"image_{size}" for size in (1920, 1024, 512, 256, 128))
_COMPANY_FIELDS = (
    LETTER_FIELDS
    | _LINK_FIELDS
    | _PICTURES
    | {"l10n_latam_identification_type_id", PARTNER_RESPONSIBILITIES_FIELD}
)
# Fields that identify an invited contact.
_INVITED_FIELDS = _LINK_FIELDS | {"name", "email"}


class ResPartner(models.Model):
    """Contacts are shared between companies; two kinds of them may not be changed by everybody.

    Only a company's own users change what letters state about it, and only users of the inviting
    company change the identity of an invited contact. Administrators of users and companies may
    change both. What Odoo does in sudo mode counts as done by its user.
    """

    _inherit = "res.partner"

    # === CRUD METHODS === #

    def write(self, vals):
        self._check_company_facts(vals)
        self._check_certificate_payer(vals)
        invitations = self._get_invitations(vals)
        self._check_invited(vals, invitations)
        result = super().write(vals)
        invitations._end_changed()
        self._follow_letter_facts(vals)
        return result

    def _update_address(self, vals):
        """Override of `base`, which synchronises addresses of contacts past `write`."""
        partners = self.filtered(
            lambda partner: (
                partner._may_write_company_facts()
                or not partner._is_changed_by(vals, _COMPANY_FIELDS)
            )
        )
        result = super(ResPartner, partners)._update_address(vals)
        partners._follow_letter_facts(vals)
        return result

    @ondelete_guard
    def _unlink_except_invited(self):
        invitations = self._get_invitations()
        self._check_invited(None, invitations)
        for invitation in invitations:
            invitation._end(self.env._("The contact was deleted: the invitation has ended."))

    def _follow_letter_facts(self, vals):
        """Void the letters that say what was just changed."""
        mapped = self._map_company_partners()
        if LETTER_FIELDS.isdisjoint(vals) or mapped.keys().isdisjoint(self.ids):
            return
        companies = (
            self.env["res.company"]
            .sudo()
            .browse(company_id for partner in self for company_id in mapped.get(partner.id, ()))
        )
        # A broken template cannot be compared now. That is not the fault of the user who writes an
        # address, and it is noticed when the letter is used.
        with shielded(self.env):
            self.env["certificate.activation"]._follow_letter_change("company", companies)

    # === WHO MAY CHANGE A CONTACT === #

    @api.model
    def _map_company_partners(self):
        """Return which contacts are companies of this database, from Odoo's cache.

        :return: ids of companies by the id of their contact
        :rtype: dict[int, tuple[int, ...]]
        """
        return ask(self, "_read_company_partners")

    @api.model
    @ormcache()
    def _read_company_partners(self):
        mapped = {}
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        for company in companies.search([("partner_id", "!=", False)], order="id"):
            partner_id = company.partner_id.id
            mapped[partner_id] = (*mapped.get(partner_id, ()), company.id)
        return frozendict(mapped)

    def _check_company_facts(self, vals):
        """Refuse to let outsiders change what letters say about a company.

        :param dict vals: as for `write`
        :raise AccessError: when they do
        """
        mapped = self._map_company_partners()
        if _COMPANY_FIELDS.isdisjoint(vals) or mapped.keys().isdisjoint(self.ids):
            return
        for partner in self:
            if not partner._may_write_company_facts() and partner._is_changed_by(
                vals, _COMPANY_FIELDS
            ):
                partner._refuse_company_facts()

    def _check_company_picture(self, name):
        """Refuse to let outsiders change the file of a company's logo.

        :param str name: of the field of these contacts whose file it is
        :raise AccessError: when they do
        """
        for partner in self if name in _PICTURES else ():
            if not partner._may_write_company_facts():
                partner._refuse_company_facts()

    def _refuse_company_facts(self):
        raise AccessError(
            self.env._(
                "%s is a company of this database: only its own users can change what its "
                "letters say about it, such as its name, NIT, address, email and phone. Ask one "
                "of them, or an administrator.",
                self.sudo().name,
            )
        )

    def _may_write_company_facts(self):
        """Tell whether the user may change what letters say about this contact, if it is a company.

        :rtype: bool
        """
        self.ensure_one()
        company_ids = self._map_company_partners().get(self.id)
        return (
            not company_ids
            or self.env.context.get("certificate_company_creation") is COMPANY_CREATION
            or self._is_for(company_ids)
        )

    @api.model
    def _is_for(self, company_ids):
        """Tell whether the user, in sudo mode or not, works for one of these companies.

        :rtype: bool
        """
        if self.env.uid == SUPERUSER_ID:
            return True
        user = self.env.user
        # A portal user also has a company, but works for none.
        return bool(
            user
            and user._is_internal()
            and (
                not set(company_ids).isdisjoint(user.sudo().company_ids.ids)
                or user.has_group("base.group_erp_manager")
                or user.has_group("base.group_system")
            )
        )

    def _is_changed_by(self, vals, names):
        """Tell whether a write changes any of these fields.

        :param dict vals: as for `write`
        :param names: those of the fields that matter
        :rtype: bool
        """
        partner = read_whole(self.sudo())
        return any(
            (vals[name] or False)
            != (partner._fields[name].convert_to_write(partner[name], partner) or False)
            for name in names & vals.keys()
            if name in partner._fields
        )

    # === INVITED CONTACTS === #

    def _get_invitations(self, vals=None):
        """Return the invitations of these contacts that a write may touch, in sudo mode.

        :param dict vals: as for `write`; None for all of them
        :rtype: certificate.portal.access
        """
        invitations = self.env["certificate.portal.access"].sudo()
        if not self.ids or (vals is not None and _INVITED_FIELDS.isdisjoint(vals)):
            return invitations
        invited = invitations._get_invited_ids()
        if invited is not None and invited.isdisjoint(self.ids):
            return invitations
        return invitations.search([("partner_id", "in", self.ids), ("withdrawn_on", "=", False)])

    def _check_invited(self, vals, invitations):
        """Refuse to let outsiders change the identity of an invited contact.

        :param dict vals: as for `write`; None when the contacts are about to be deleted
        :param invitations: as returned by `_get_invitations`
        :raise AccessError: when they do
        """
        for invitation in invitations:
            partner = invitation.partner_id
            if vals is not None and (
                partner == self.env.user.sudo().partner_id
                or not partner._is_changed_by(vals, _INVITED_FIELDS)
            ):
                continue
            if not self._is_for(invitation.company_id.ids):
                raise AccessError(self._get_invited_sentence(partner))

    @api.model
    def _get_invited_sentence(self, partner):
        return self.env._(
            "%s is invited to activate a digital certificate. Until that invitation is "
            "withdrawn, only users of the company that sent it can change this contact. Ask one "
            "of them, or an administrator.",
            partner.sudo().name,
        )

    def _is_contact_of(self, company):
        """Tell whether this is a contact of a company, or at least of no other one.

        :param company: `res.company`
        :rtype: bool
        """
        self.ensure_one()
        partner = self.sudo()
        # A branch has the contacts of those above it, too.
        owners = company.sudo().parent_ids.partner_id
        while partner:
            if partner in owners:
                return True
            if partner.id in self._map_company_partners():
                return False
            partner = partner.parent_id
        return self.sudo().company_id in (company.browse(), company)

    # === NIT LOCK === #

    @api.constrains("vat", "l10n_latam_identification_type_id")
    def _check_nit_lock(self):
        """Compare with the confirmed NIT; a constraint covers every way of writing it.

        :raise ValidationError: when it is another one
        """
        for setup in self._get_nit_locks():
            partner, nit_type = setup.company_id.partner_id, self.env.ref("l10n_co.rut")
            if (
                identity.format_nit(partner.vat) != setup.locked_nit
                or partner.l10n_latam_identification_type_id != nit_type
            ):
                raise ValidationError(setup._get_nit_lock_sentence())

    def can_edit_vat(self):
        return super().can_edit_vat() and not self._get_nit_locks()

    def _get_nit_locks(self):
        """Return the set-ups, in sudo mode, that lock the NIT of these contacts.

        :rtype: electronic.invoicing.setup
        """
        setups = self.env["electronic.invoicing.setup"].sudo().with_context(active_test=False)
        # Only the contact of a company has a NIT that is locked.
        companies = add_noted(self.env, CONTACTS, self._map_company_partners().keys())
        if companies.isdisjoint(self.ids):
            return setups
        return setups.search(
            [("company_id.partner_id", "in", self.ids), ("locked_nit", "!=", False)]
        )
