from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .chain import LooseMany2one, append_durably

# Document types by the root's local name, as in `tools.xades.DOCUMENTS`, and others that are not
# documents.
DOCUMENT_TYPES = [
    ("Invoice", "Invoice"),
    ("CreditNote", "Credit note"),
    ("DebitNote", "Debit note"),
    ("ApplicationResponse", "Event (ApplicationResponse)"),
    ("AttachedDocument", "Container (AttachedDocument)"),
    ("Request", "Request to DIAN"),
    ("Hash", "Hash without its document"),
]


class CertificateSignatureLog(models.Model):
    """One row for each signature, committed before anyone gets the signature.

    It is written and committed in a transaction of its own: from then on the signature may be
    anywhere, whatever happens to the transaction that signs. What was signed together with its
    document has a mark as well, in the transaction of the document; see
    `certificate.signature.mark`.
    """

    _name = "certificate.signature.log"
    _description = "Signature"
    _inherit = ["certificate.chain.mixin"]
    _order = "id desc"
    _rec_name = "document_name"
    _log_access = False
    _hashed = (
        "id",
        "company_id",
        "lender_id",
        "activation_id",
        "user_id",
        "signed_on",
        "role",
        "document_type",
        "document_name",
        "res_model",
        "res_id",
        "document_digest",
        "signature_digest",
        "certificate_serial",
        "certificate_fingerprint",
    )
    _hashed_later = ("vendor_number", "vendor_seal")

    lender_id = LooseMany2one(
        "res.company",
        string="Certificate of",
        required=True,
        readonly=True,
        help="The company whose certificate signed.",
    )
    activation_id = LooseMany2one("certificate.activation", required=True, readonly=True)
    user_id = LooseMany2one("res.users", string="Signed by", required=True, readonly=True)
    signed_on = fields.Datetime(string="Signed on", required=True, readonly=True)
    role = fields.Selection(
        [("supplier", "Supplier"), ("third party", "Third party")],
        required=True,
        readonly=True,
        help="Third party if it was signed with a lent certificate.",
    )
    document_type = fields.Selection(
        DOCUMENT_TYPES, string="Document type", required=True, readonly=True
    )
    document_name = fields.Char(string="Document", required=True, readonly=True, index="trigram")
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document ID", model_field="res_model", required=True, readonly=True
    )
    document_digest = fields.Char(
        string="SHA-256 before", readonly=True, help="SHA-256 of the document before it was signed."
    )
    signature_digest = fields.Char(
        string="SHA-256 signed", readonly=True, help="SHA-256 of the signed document, as a file."
    )
    certificate_serial = fields.Char(string="Serial number", readonly=True)
    certificate_fingerprint = fields.Char(string="Fingerprint", readonly=True)
    vendor_number = fields.Integer(
        string="Number at the vendor",
        readonly=True,
        help="The row of the vendor's log, where a vendor signed in a database of its own.",
    )
    vendor_seal = fields.Char(
        string="Hash at the vendor", readonly=True, help="The hash of that row of the vendor's log."
    )
    outcome = fields.Selection(
        [("kept", "Kept with its document"), ("undone", "Transaction rolled back")],
        compute="_compute_outcome",
        search="_search_outcome",
        compute_sudo=True,
        help="Whether the transaction of the signature was committed. If it was rolled back or is "
        "still running, no document here has the signature, and the signed document may be "
        "anywhere.",
    )

    # Whose certificate has signed for whom is read from it alone.
    _lender = models.Index("(lender_id, company_id)")
    _of_activation = models.Index("(activation_id, id DESC)")

    @api.depends()
    def _compute_outcome(self):
        kept = set(self.env["certificate.signature.mark"].search([("id", "in", self.ids)]).ids)
        for row in self:
            row.outcome = "kept" if row.id in kept else "undone"

    @api.model
    def _search_outcome(self, operator, value):
        if operator != "in":
            return NotImplemented
        # (Not by a list of the marks, which would be held in memory.)
        kept, undone = (
            Domain.custom(
                to_sql=lambda model, alias, query, negation=negation: SQL(
                    "%s EXISTS (SELECT FROM certificate_signature_mark mark WHERE mark.id = %s)",
                    negation,
                    SQL.identifier(alias, "id"),
                )
            )
            for negation in (SQL(), SQL("NOT"))
        )
        domains = {"kept": kept, "undone": undone}
        return Domain.OR(domains[outcome] for outcome in value if outcome in domains)


class CertificateSignatureMark(models.Model):
    """Marks a signature as kept: written in the transaction that signs, and rolled back with it.

    It has the number of its row in the log, and prevents the row's record from being deleted. It is
    not sealed: anyone who can sign and commit has no need to forge one.
    """

    _name = "certificate.signature.mark"
    _description = "Signature that Was Kept"
    _inherit = ["certificate.signature.sealed.mixin"]
    _log_access = False

    # Without an index: it is asked only when a company is deleted, and would be written with each signature.
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    lender_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    activation_id = fields.Many2one(
        "certificate.activation", required=True, readonly=True, index=True, ondelete="restrict"
    )
    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="restrict")


def log_signature(env, vals):
    """Commit the row of a signature, before anyone gets the signature.

    The mark comes first: it gives the row its number, and if the caller cannot write, nothing is
    committed.

    :param dict vals: the values of `_hashed`, but for the id
    :return: the id of the row
    :rtype: int
    :raise UserError: when it cannot be committed
    """
    names = ("company_id", "lender_id", "activation_id", "user_id")
    env.cr.execute(
        SQL(
            """
            INSERT INTO certificate_signature_mark (id, company_id, lender_id, activation_id, user_id)
            SELECT nextval('certificate_signature_log_id_seq'), %s RETURNING id
            """,
            SQL(", ").join(SQL("%s", vals[name]) for name in names),
        )
    )
    row_id = env.cr.fetchone()[0]
    append_durably(env["certificate.signature.log"], {"id": row_id, **vals})
    return row_id
