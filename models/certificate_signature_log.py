from operator import attrgetter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.sql_db import db_connect
from odoo.tools import SQL

from ..tools import key_seal
from ..tools.signature_chain import Head, Row, find_breaks, hash_row, is_sealed, make_head
from . import certificate_custody as custody

# What a row says, in the order in which it is hashed: all its columns but those of the chain itself.
HASHED = (
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
# By the local name of the root, `tools.xades.DOCUMENTS`, and what is no document.
DOCUMENT_TYPES = [
    ("Invoice", "Invoice"),
    ("CreditNote", "Credit note"),
    ("DebitNote", "Debit note"),
    ("ApplicationResponse", "Event (ApplicationResponse)"),
    ("AttachedDocument", "Container (AttachedDocument)"),
    ("Request", "Request to DIAN"),
]
PENDING = "certificate_signature_log"


class CertificateSignatureLog(models.Model):
    """One row for each signature, written in the transaction that signs.

    The rows of a company are a chain (see `tools/signature_chain.py`), in which a row takes its place
    just before the transaction is committed: a company's transactions wait for one another for that
    moment only, and not while the invoice is on its way to DIAN. They wait for an advisory lock, and
    the one that comes next reads the end of the chain from a transaction of its own, for in the one
    that signs PostgreSQL shows it as it was when it began. So nobody has to be tried again.
    """

    _name = "certificate.signature.log"
    _description = "Signature"
    _inherit = ["certificate.signature.sealed.mixin"]
    _order = "id desc"
    _rec_name = "document_name"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    lender_id = fields.Many2one(
        "res.company",
        string="Certificate of",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The company whose certificate signed.",
    )
    activation_id = fields.Many2one(
        "certificate.activation", required=True, readonly=True, index=True, ondelete="restrict"
    )
    user_id = fields.Many2one(
        "res.users", string="Signed by", required=True, readonly=True, ondelete="restrict"
    )
    signed_on = fields.Datetime(string="Signed on", required=True, readonly=True)
    role = fields.Selection(
        [("supplier", "Supplier"), ("third party", "Third party")],
        required=True,
        readonly=True,
        help="Third party: with a lent certificate.",
    )
    document_type = fields.Selection(
        DOCUMENT_TYPES, string="Document type", required=True, readonly=True
    )
    document_name = fields.Char(string="Document", required=True, readonly=True)
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record", model_field="res_model", required=True, readonly=True
    )
    document_digest = fields.Char(
        string="SHA-256 before", readonly=True, help="Of the document before it was signed."
    )
    signature_digest = fields.Char(
        string="SHA-256 signed", readonly=True, help="Of the signed document, as a file."
    )
    certificate_serial = fields.Char(string="Serial number", readonly=True)
    certificate_fingerprint = fields.Char(string="Fingerprint", readonly=True)
    position = fields.Integer(
        string="Number", readonly=True, help="In the chain of the company's signatures."
    )
    previous_hash = fields.Char(string="Previous hash", readonly=True)
    hash = fields.Char(readonly=True)

    _position_unique = models.UniqueIndex(
        "(company_id, position)", "Two signatures have the same number."
    )

    @api.private
    def init(self):
        """Let PostgreSQL, too, refuse to change a row that has its place in the chain.

        `uninstall_hook` removes the function.
        """
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION certificate_signature_log_guard() RETURNS trigger AS $$
            BEGIN
                IF TG_OP = 'UPDATE' AND OLD.hash IS NULL THEN
                    RETURN NEW;
                END IF;
                RAISE EXCEPTION 'The log of signatures is not changed.';
            END
            $$ LANGUAGE plpgsql;
            DROP TRIGGER IF EXISTS certificate_signature_log_guard ON certificate_signature_log;
            CREATE TRIGGER certificate_signature_log_guard
                BEFORE UPDATE OR DELETE ON certificate_signature_log
                FOR EACH ROW EXECUTE FUNCTION certificate_signature_log_guard();
            DROP TRIGGER IF EXISTS certificate_signature_log_guard_all ON certificate_signature_log;
            CREATE TRIGGER certificate_signature_log_guard_all
                BEFORE TRUNCATE ON certificate_signature_log
                FOR EACH STATEMENT EXECUTE FUNCTION certificate_signature_log_guard();
            """
        )

    # === ACTION METHODS === #

    def action_check(self):
        """Check the chains of all companies whose signatures the user sees.

        :return: an action that says what was found
        :rtype: dict
        :raise AccessError: for who is no manager
        """
        self.check_access("read")
        companies = self._get_checked_companies()
        found = self._find_breaks(companies)
        count = self.sudo().search_count([("company_id", "in", companies.ids)])
        if found:
            message = "\n".join(
                self._explain_break(company, broken) for company, broken in found[:10]
            )
        else:
            message = self.env._("%s signatures are complete and unaltered.", count)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("The log was altered") if found else self.env._("Log checked"),
                "message": message,
                "type": "danger" if found else "success",
                "sticky": bool(found),
            },
        }

    # === BUSINESS METHODS - WRITE === #

    @api.model
    def _append(self, vals):
        """Write one row, which takes its place in the chain just before the commit.

        :param dict vals: the values of `HASHED`, but for the id
        :return: the row, in sudo mode
        :rtype: certificate.signature.log
        """
        get_secrets(self.env)  # one that cannot be used is told of now, and not at the commit
        names = HASHED[1:]
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) VALUES %s RETURNING id",
                SQL.identifier(self._table),
                SQL(", ").join(SQL.identifier(name) for name in names),
                tuple(vals[name] for name in names),
            )
        )
        row = self.sudo().browse(self.env.cr.fetchone()[0])
        precommit = self.env.cr.precommit
        pending = precommit.data.setdefault(PENDING, [])
        if not pending:
            precommit.add(self.sudo()._link_pending)
        pending.append(row.id)
        return row

    @api.model
    def _link_pending(self):
        """Give the rows of this transaction their places, each in the chain of its company."""
        ids = self.env.cr.precommit.data.pop(PENDING, [])
        # A savepoint that was rolled back may have taken some of them away.
        rows = self._read_rows(SQL("id = ANY(%s) AND hash IS NULL", ids))
        for company_id in sorted({row["company_id"] for row in rows}):
            own = [row for row in rows if row["company_id"] == company_id]
            self._link(company_id, sorted(own, key=lambda row: row["id"]))
        self.sudo().browse(ids).invalidate_recordset()

    @api.model
    def _link(self, company_id, rows):
        """Append rows to the chain of a company, one transaction after the other."""
        cr = self.env.cr
        cr.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [self._table, company_id])
        secrets = get_secrets(self.env)
        with db_connect(cr.dbname).cursor() as now:
            heads = self._read_heads(company_id, now)
            # This transaction's own ones are the youngest; others that it sees may be gone by now.
            newest = max(heads, default=0)
            heads.update(
                (head_id, head)
                for head_id, head in self._read_heads(company_id, cr).items()
                if head_id > newest
            )
            last = max(self._read_last_position(company_id, any_cr) for any_cr in (now, cr))
        good = {
            head_id: head for head_id, head in heads.items() if is_sealed(company_id, head, secrets)
        }
        end = max(good.values(), key=attrgetter("count"), default=None)
        # Where no head vouches for the end, the chain begins again, for all to see.
        previous_hash = end.hash if end else ""
        position = max(last, end.count if end else 0)
        for row in rows:
            position += 1
            row_hash = hash_row(position, previous_hash, [row[name] for name in HASHED])
            cr.execute(
                SQL(
                    "UPDATE %s SET position = %s, previous_hash = %s, hash = %s WHERE id = %s",
                    SQL.identifier(self._table),
                    position,
                    previous_hash,
                    row_hash,
                    row["id"],
                )
            )
            previous_hash = row_hash
        # A head whose seal is wrong stays, as a trace. So does one that this transaction does not see,
        # for the next one to replace: the longest counts.
        self.env["certificate.signature.head"]._replace(
            list(good), company_id, make_head(company_id, position, previous_hash, secrets)
        )

    # === BUSINESS METHODS - READ === #

    @api.model
    def _get_checked_companies(self):
        """Return whose chains the user may check: of the own companies, and of those that sign with
        the own certificate.

        :return: in sudo mode
        :rtype: res.company
        """
        companies = self.env.companies
        for model in (self, self.env["certificate.activation"]):
            for company, *_rest in model._read_group([], ["company_id"]):
                companies |= company
        return companies.sudo()

    @api.model
    def _find_breaks(self, companies):
        """Find what was altered in the chains of some companies, by whatever way.

        :param companies: `res.company`
        :return: a company and what is wrong, for each finding
        :rtype: list[tuple[res.company, tools.signature_chain.Break]]
        """
        self.env.flush_all()
        found = []
        for company in companies:
            rows = [
                Row(
                    row["position"],
                    row["previous_hash"],
                    row["hash"],
                    tuple(row[name] for name in HASHED),
                )
                for row in self._read_rows(SQL("company_id = %s", company.id))
            ]
            heads = self._read_heads(company.id, self.env.cr).values()
            for broken in find_breaks(company.id, rows, heads, get_secrets(self.env)):
                found.append((company, broken))
        return found

    @api.model
    def _explain_break(self, company, broken):
        """Say in one sentence what is wrong with a chain.

        :param broken: `tools.signature_chain.Break`
        :rtype: str
        """
        values = {"company": company.name, "position": broken.position}
        return {
            "changed": self.env._("%(company)s: signature %(position)s was changed.", **values),
            "missing": self.env._(
                "%(company)s: signatures before number %(position)s are missing.", **values
            ),
            "broken": self.env._(
                "%(company)s: signature %(position)s does not follow from the one before it.",
                **values,
            ),
            "unlinked": self.env._("%(company)s: a signature was inserted.", **values),
            "truncated": self.env._(
                "%(company)s: the log does not end where it did; look from number %(position)s on.",
                **values,
            ),
            "headless": self.env._(
                "%(company)s: the record of the last signature was removed.", **values
            ),
            "unsealed": self.env._(
                "%(company)s: the record of the last signature is not sealed with this server's "
                "secret.",
                **values,
            ),
        }[broken.code]

    @api.model
    def _read_rows(self, condition):
        """Read rows as they are stored, past the ORM and its cache.

        :param SQL condition: of the rows
        :rtype: list[dict]
        """
        names = [*HASHED, "position", "previous_hash", "hash"]
        self.env.cr.execute(
            SQL(
                "SELECT %s FROM %s WHERE %s ORDER BY id",
                SQL(", ").join(SQL.identifier(name) for name in names),
                SQL.identifier(self._table),
                condition,
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _read_heads(self, company_id, cr):
        """Read the heads of a chain, as a cursor sees them.

        :rtype: dict[int, tools.signature_chain.Head]
        """
        cr.execute(
            "SELECT id, count, hash, seal FROM certificate_signature_head WHERE company_id = %s",
            [company_id],
        )
        return {
            head_id: Head(count, head_hash, seal or "")
            for head_id, count, head_hash, seal in cr.fetchall()
        }

    @api.model
    def _read_last_position(self, company_id, cr):
        cr.execute(
            "SELECT COALESCE(MAX(position), 0) FROM certificate_signature_log WHERE company_id = %s",
            [company_id],
        )
        return cr.fetchone()[0]


def get_secrets(env):
    """Return the secrets outside the database that seal the heads: the current one first.

    No method: an expression could call it, and what it returns decrypts.

    :rtype: tuple[key_seal.Secret, ...]
    :raise UserError: when this server has one that cannot be used
    """
    try:
        return custody.get_secrets()
    except key_seal.SealError as error:
        raise UserError(custody.get_sentence(env, error.code)) from error
