from odoo import models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools import identity


class ResPartner(models.Model):
    """Which contacts are the company that buys: its own, its addresses, and others of its NIT."""

    _inherit = "res.partner"

    def _find_certificate_payers(self):
        """Return the contacts of the same taxpayer as these companies' contacts, in sudo mode.

        None of them is, or is a part of, the contact of another company of this database: that one has
        payments of its own.

        :rtype: res.partner
        """
        partners = self.sudo().with_context(active_test=False)
        companies = self._map_company_partners().keys() - set(self.ids)
        found = partners.search(
            Domain("id", "child_of", partners.ids) | Domain("vat", "in", partners._get_nit_forms())
        )
        return partners | found.filtered(
            lambda partner: companies.isdisjoint(partner._get_path_ids())
        )

    def _find_certificate_buyers(self):
        """Return the companies of this database of which these contacts may be payers.

        :rtype: res.company
        """
        mapped = self._map_company_partners()
        partners = self.sudo().with_context(active_test=False)
        path = {partner_id for partner in partners for partner_id in partner._get_path_ids()}
        found = partners.search(
            Domain("id", "in", list(mapped))
            & (Domain("id", "in", list(path)) | Domain("vat", "in", partners._get_nit_forms()))
        )
        ids = [company_id for partner in found for company_id in mapped[partner.id]]
        return self.env["res.company"].sudo().browse(ids)

    def _get_nit_forms(self):
        """Return the NIT of these contacts in each form in which people write one.

        :rtype: list[str]
        """
        forms = set()
        for vat in filter(None, self.mapped("vat")):
            forms.add(vat)
            if nit := identity.format_nit(vat):
                number, digit = nit.split("-")
                dotted = f"{int(number):,}".replace(",", ".")
                forms |= {nit, f"{number}{digit}", f"{dotted}-{digit}", f"{dotted}{digit}"}
        return sorted(forms)

    def _get_path_ids(self):
        """Return the ids of this contact and of those above it."""
        ids, partner = [], self
        while partner:
            ids.append(partner.id)
            partner = partner.parent_id
        return ids

    def _filter_invoiced_for_certificate(self, seller):
        """Return which of these contacts have an issued invoice of what a company sells of certificates.

        :param seller: `res.company`
        :rtype: res.partner
        """
        if not self or not seller:
            return self.browse()
        moves = self.env["account.move"]
        moves.flush_model(["company_id", "move_type", "partner_id", "state"])
        moves.line_ids.flush_model(["move_id", "product_id"])
        names = ["certificate_product_id", "certificate_request_product_id"]
        seller.flush_model(names)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT move.partner_id FROM account_move move
                JOIN res_company seller ON seller.id = move.company_id
                JOIN account_move_line line ON line.move_id = move.id AND line.product_id IN (
                    seller.certificate_product_id, seller.certificate_request_product_id
                )
                WHERE seller.id = %s AND move.partner_id IN %s
                  AND move.move_type = 'out_invoice' AND move.state = 'posted'
                """,
                seller.id,
                tuple(self.ids),
            )
        )
        return self.browse(row[0] for row in rows)

    def _check_certificate_payer(self, vals):
        """Refuse that strangers make another one's contact a company's, which its payments then were.

        :param dict vals: as for `write`
        :raise AccessError: for a contact that a seller of certificates has invoiced one
        """
        names = {"vat", "parent_id"}
        if (
            names.isdisjoint(vals)
            or not self.ids
            or not self.env["res.company"]._get_certificate_sellers()
        ):
            return
        changed = self.sudo().filtered(lambda partner: partner._is_changed_by(vals, names))
        seller = self.env.company.sudo().certificate_seller_id
        # Who was invoiced comes first: nearly nobody was, and the rest needs queries, too.
        invoiced = changed._filter_invoiced_for_certificate(seller)
        if not invoiced or self._is_for(seller.ids):
            return
        mapped = self._map_company_partners()
        paths = [set(partner._get_path_ids()) for partner in invoiced]
        # Those of a company's own are its people's, to which Odoo also carries over what changes above them.
        own = {
            partner_id
            for partner_id in mapped.keys() & set().union(*paths)
            if self._is_for(mapped[partner_id])
        }
        if any(map(own.isdisjoint, paths)):
            raise AccessError(
                self.env._(
                    "This contact was invoiced for a digital certificate. Only users of the company that sold it, or "
                    "an administrator, can change its NIT and its parent company."
                )
            )
