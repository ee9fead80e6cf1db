import base64
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.fields import NO_ACCESS
from odoo.tools import SQL

from ..trace.chain import LooseMany2one

KINDS = [("document", "Document"), ("hash", "Hash")]


@dataclass(frozen=True)
class LinkAnswer:
    """What a client gets.

    :ivar bytes content: the signed document, or the signature of a hash.
    :ivar int number: of the row in the vendor's log.
    :ivar str seal: of that row.
    """

    content: bytes
    number: int
    seal: str

    def get_place(self):
        """Return the row of the log as the client's log keeps it."""
        return {"number": self.number, "seal": self.seal}


class CertificateLinkAnswer(models.Model):
    """What was signed for a linked client: one row for each document, with the signed bytes.

    A row is committed after its row of the log and before the answer leaves. Whoever asks for the same again,
    because the answer got lost or its own transaction was tried again, gets the same bytes and no second signature.
    """

    _name = "certificate.link.answer"
    _description = "Signature for a Linked Client"
    _inherit = ["certificate.signature.sealed.mixin"]
    _order = "id desc"
    _rec_name = "document_name"
    _log_access = False

    link_id = fields.Many2one(
        "certificate.link.client", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="link_id.company_id", string="Vendor")
    log_id = LooseMany2one(
        "certificate.signature.log", string="Row of the log", required=True, readonly=True
    )
    kind = fields.Selection(KINDS, required=True, readonly=True)
    document_name = fields.Char(string="Document", readonly=True)
    document_digest = fields.Char(string="SHA-256 before", required=True, readonly=True)
    signed_on = fields.Datetime(string="Signed on", required=True, readonly=True, index=True)
    address = fields.Char(string="From", readonly=True, help="The network address.")
    content = fields.Char(readonly=True, groups=NO_ACCESS)

    _digest_unique = models.UniqueIndex(
        "(link_id, kind, document_digest)", "This was signed already."
    )

    @api.model
    def _find(self, cr, link, kind, digest):
        """Return what was signed for a link.

        :param cr: the cursor that sees what is committed
        :rtype: LinkAnswer | None
        """
        cr.execute(
            SQL(
                """
                SELECT answer.content, log.position, log.hash
                FROM certificate_link_answer answer
                JOIN certificate_signature_log log ON log.id = answer.log_id
                WHERE link_id = %s AND kind = %s AND answer.document_digest = %s
                """,
                link.id,
                kind,
                digest,
            )
        )
        row = cr.fetchone()
        return row and LinkAnswer(base64.b64decode(row[0]), *row[1:])

    @api.model
    def _keep(self, cr, **vals):
        """Keep what was signed, with the cursor that sees what is committed.

        :param vals: of the columns; `content` as bytes
        """
        vals["content"] = base64.b64encode(vals["content"]).decode()
        vals["signed_on"] = fields.Datetime.now()
        cr.execute(
            SQL(
                "INSERT INTO certificate_link_answer (%s) VALUES %s",
                SQL(", ").join(SQL.identifier(name) for name in vals),
                tuple(vals.values()),
            )
        )

    @api.model
    def _count_lately(self, cr, link):
        """Count what was signed for a link within the last hour.

        :param cr: as for `_find`
        :rtype: int
        """
        cr.execute(
            SQL(
                """
                SELECT count(*) FROM certificate_link_answer
                WHERE link_id = %s AND signed_on > %s
                """,
                link.id,
                fields.Datetime.subtract(fields.Datetime.now(), hours=1),
            )
        )
        return cr.fetchone()[0]
