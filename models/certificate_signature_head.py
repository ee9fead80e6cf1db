from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.signature_chain import make_head
from .certificate_signature_log import get_secrets


class CertificateSignatureHead(models.Model):
    """How many signatures a company's log has, and the hash of the last one.

    Kept apart from the log, so that rows missing at its end are missed.
    """

    _name = "certificate.signature.head"
    _description = "End of a Signature Log"
    _inherit = ["certificate.signature.sealed.mixin"]
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    count = fields.Integer(required=True, readonly=True)
    hash = fields.Char(required=True, readonly=True)
    seal = fields.Char(readonly=True)

    @api.model
    def _replace(self, ids, company_id, head):
        """Put a head in the place of others.

        :param list[int] ids: of the others
        :param head: `tools.signature_chain.Head`
        """
        table = SQL.identifier(self._table)
        self.env.cr.execute(SQL("DELETE FROM %s WHERE id = ANY(%s)", table, ids))
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (company_id, count, hash, seal) VALUES %s",
                table,
                (company_id, head.count, head.hash, head.seal),
            )
        )

    @api.model
    def _seal_all(self):
        """Seal every head with the current secret: once, when the server got or changed one.

        The logs are checked first, so that a seal vouches for nothing that was altered.

        :return: the companies whose logs were altered, which are left as they are
        :rtype: res.company
        """
        logs = self.env["certificate.signature.log"].sudo()
        altered = self.env["res.company"].sudo()
        for company in altered.search([("id", "!=", False)]):
            heads = logs._read_heads(company.id, self.env.cr)
            found = [broken for _company, broken in logs._find_breaks(company)]
            if any(broken.code != "unsealed" for broken in found):
                altered |= company
            elif heads:
                end = max(heads.values(), key=lambda head: head.count)
                head = make_head(company.id, end.count, end.hash, get_secrets(self.env))
                self._replace(list(heads), company.id, head)
        return altered
