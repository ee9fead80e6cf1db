from odoo import api, fields, models
from odoo.tools import SQL, ormcache

from ..core.concerned import CLIENTS, SELLERS, add_noted, ask, forget, note


class ResCompany(models.Model):
    """Which companies have to do with certificates at all: see `core/concerned.py`."""

    _inherit = "res.company"

    certificate_has_sold = fields.Boolean(
        string="Has sold certificates",
        readonly=True,
        copy=False,
        prefetch="certificate",
        help="Set as soon as this company sells certificates, and never unset: its invoices may have paid for one.",
    )

    _certificate_has_sold_idx = models.Index("(id) WHERE certificate_has_sold")

    # === SELLERS === #

    @api.model
    def _get_certificate_sellers(self):
        """Return the ids of the companies that sell certificates, or ever did.

        :rtype: frozenset[int]
        """
        return add_noted(self.env, SELLERS, ask(self, "_read_certificate_sellers"))

    @api.model
    @ormcache()
    def _read_certificate_sellers(self):
        rows = self.env.execute_query(SQL("SELECT id FROM res_company WHERE certificate_has_sold"))
        return frozenset(company_id for (company_id,) in rows)

    def _note_certificate_sale(self):
        """Note that these companies sell certificates, or are paid for one."""
        # Not by the answer above, which may still name a company whose sale was rolled back.
        if sellers := self.sudo().filtered(lambda company: not company.certificate_has_sold):
            note(self.env, SELLERS, sellers.ids)
            sellers.write({"certificate_has_sold": True})

    def _note_certificate_products(self):
        """Note which of these companies sell certificates, after a write of their products."""
        self.filtered(
            lambda company: company.sudo()._get_certificate_products()
        )._note_certificate_sale()

    @api.ondelete(at_uninstall=False)
    def _forget_deleted(self):
        """Forget what is cached of companies that are deleted."""
        forget(self.env)

    # === CLIENTS === #

    def _may_have_activation(self):
        """Tell whether one of these companies, or a company above it, has an activation of whatever state.

        :rtype: bool
        """
        noted = add_noted(self.env, CLIENTS)
        if noted and not noted.isdisjoint(self.sudo().parent_ids.ids):
            return True
        return any(ask(self, "_has_activation", company_id) for company_id in self.ids)

    @api.model
    @ormcache("company_id")
    def _has_activation(self, company_id):
        # (Odoo lets no company move to another one above it.)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT 1 FROM certificate_activation
                JOIN res_company company ON certificate_activation.company_id = ANY(
                    string_to_array(trim(TRAILING '/' FROM company.parent_path), '/')::int[]
                )
                WHERE company.id = %s LIMIT 1
                """,
                company_id,
            )
        )
        return bool(rows)
