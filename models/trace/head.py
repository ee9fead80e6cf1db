from odoo import fields, models

from .chain import LooseMany2one


class CertificateSignatureHead(models.Model):
    """How many rows a chain of a company has, and the hash of the last one.

    Kept apart from the chain, so that rows missing at its end are missed.
    """

    _name = "certificate.signature.head"
    _description = "End of a Log"
    _inherit = ["certificate.signature.sealed.mixin"]
    _log_access = False

    log = fields.Char(
        required=True,
        readonly=True,
        default="certificate.signature.log",
        help="The model whose rows are the chain.",
    )
    company_id = LooseMany2one("res.company", required=True, readonly=True, index=True)
    count = fields.Integer(required=True, readonly=True)
    hash = fields.Char(required=True, readonly=True)
    seal = fields.Char(readonly=True)


class CertificateLogCheckpoint(models.Model):
    """Up to where a chain of a company was checked, and found to be as it was written: see `check.py`."""

    _name = "certificate.log.checkpoint"
    _description = "Checked Part of a Log"
    _inherit = ["certificate.signature.sealed.mixin"]
    _log_access = False

    log = fields.Char(required=True, readonly=True, help="The model whose rows are the chain.")
    company_id = LooseMany2one("res.company", required=True, readonly=True)
    count = fields.Integer(required=True, readonly=True)
    hash = fields.Char(required=True, readonly=True)
    whole_on = fields.Date(
        required=True, readonly=True, help="The day on which the chain was read from its first row."
    )
    seal = fields.Char(required=True, readonly=True)

    _chain_unique = models.UniqueIndex("(log, company_id)", "This chain has a checkpoint already.")
