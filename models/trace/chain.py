"""Append-only tables whose rows are a chain for each company: see `tools/signature_chain.py`.

They are written by functions, not methods of a model: no server action, template or RPC call can
add a row without an event behind it, or seal a chain again.
"""

import itertools
import logging
from contextlib import closing, contextmanager
from weakref import WeakKeyDictionary

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.modules import module
from odoo.sql_db import db_connect
from odoo.tools import SQL

from ...const import GROUP_CUSTODIAN
from ...tools import key_seal
from ...tools.signature_chain import MAX_BREAKS, Head, Row, Walk, extend, is_sealed
from ..keys import custody

_logger = logging.getLogger(__name__)

_PENDING = "certificate_chain"


class _Transaction:
    """An opaque key for a transaction's pending rows, so that no server action can add to them."""

    def __deepcopy__(self, memo):
        """Return itself: Odoo's tests copy and restore what a transaction had pending."""
        return self


# Rows that a transaction has written and that have no place yet, by model and id.
_pending = WeakKeyDictionary()
_PLACE = ("position", "previous_hash", "hash")
# Before every position, also those that somebody gave a row by SQL.
FIRST = -(2**31)
_BATCH_SIZE = 2000  # rows that are in memory at once
_numbers = itertools.count()
# Nobody holds a chain longer than some milliseconds; a longer wait means waiting for itself.
_LOCK_TIMEOUT = 10  # seconds
DURABLE = f"""
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}s';
    SET LOCAL synchronous_commit = 'on'
"""


class LooseMany2one(fields.Many2one):
    """A many2one without a foreign key: what it refers to may have been undone, or deleted since.

    A row that is committed before the transaction it describes may refer to records that only that
    transaction sees or has locked; a foreign key would wait for it forever.
    """

    def update_db_foreign_key(self, model, column):
        """Remove the foreign key that an earlier version of the add-on created."""
        model.env.cr.execute(
            SQL(
                "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s",
                SQL.identifier(model._table),
                SQL.identifier(f"{model._table}_{self.name}_fkey"),
            )
        )


class CertificateChainMixin(models.AbstractModel):
    """One row for each thing that happened; the rows of a company are a chain.

    Transactions give their rows places one after another, under an advisory lock of the company,
    and each reads the current end of the chain. So no transaction has to be retried.
    """

    _name = "certificate.chain.mixin"
    _description = "Append-only Chain of Rows"
    _inherit = ["certificate.signature.sealed.mixin"]
    _log_access = False

    # What a row says, in the order in which it is hashed: all its columns but those of the chain
    # itself; set by each model.
    _hashed = ()
    # Columns that came later: hashed where they say something, so that earlier rows keep their hashes.
    _hashed_later = ()
    # Prefix of the company's id in the name of a chain; set by each model but the first one.
    _chain_prefix = ""

    company_id = LooseMany2one("res.company", required=True, readonly=True)
    position = fields.Integer(
        string="Number", readonly=True, help="Position in the company's chain of rows."
    )
    previous_hash = fields.Char(string="Previous hash", readonly=True)
    hash = fields.Char(readonly=True)

    _position_unique = models.UniqueIndex(
        "(company_id, position)", "Two rows have the same number."
    )
    # What lists are sorted by: the newest rows of a company are read, and no others.
    _recent = models.Index("(company_id, id DESC)")

    @api.private
    def init(self):
        """Make PostgreSQL, too, refuse changes to a row that has its place in the chain.

        `uninstall_hook` removes the function.
        """
        if self._abstract:
            return
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION certificate_chain_guard() RETURNS trigger AS $$
                BEGIN
                    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) -> 'hash' = 'null'::jsonb THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'Rows of %% are not changed.', TG_TABLE_NAME;
                END
                $$ LANGUAGE plpgsql;
                DROP TRIGGER IF EXISTS certificate_chain_guard ON %(table)s;
                CREATE TRIGGER certificate_chain_guard
                    BEFORE UPDATE OR DELETE ON %(table)s
                    FOR EACH ROW EXECUTE FUNCTION certificate_chain_guard();
                DROP TRIGGER IF EXISTS certificate_chain_guard_all ON %(table)s;
                CREATE TRIGGER certificate_chain_guard_all
                    BEFORE TRUNCATE ON %(table)s
                    FOR EACH STATEMENT EXECUTE FUNCTION certificate_chain_guard();
                """,
                table=SQL.identifier(self._table),
            )
        )

    def _fetch_query(self, query, fields):
        """Read a reference to a record that was rolled back or deleted as empty: a screen could not
        show it.
        """
        rows = super()._fetch_query(query, fields)
        for field in fields:
            if isinstance(field, LooseMany2one):
                referring = rows.sudo().filtered(field.name)
                gone = referring[field.name] - referring[field.name].exists()
                field._update_cache(
                    referring.filtered(lambda row, gone=gone, name=field.name: row[name] in gone),
                    None,
                )
        return rows

    # === ACTION METHODS === #

    def action_check(self):
        """Check the chains of all companies whose rows the user sees, of both tables.

        :return: an action that says what was found, or shows how far a long check is
        :rtype: dict
        :raise AccessError: if the user is not a manager
        """
        self.check_access("read")
        return self.env["certificate.log.check"]._start(self._get_checked_companies())

    # === BUSINESS METHODS - READ === #

    @api.model
    def _get_checked_companies(self):
        """Return the companies whose chains the user may check: the user's own, and those that sign
        with a certificate of theirs.

        :return: in sudo mode
        :rtype: res.company
        """
        activations = self.env["certificate.activation"]._search([])
        rows = self.env.execute_query(
            activations.select("DISTINCT certificate_activation.company_id")
        )
        ids = {company_id for (company_id,) in rows} | set(self.env.companies.ids)
        if self.env.su:
            ids |= set(self.env["res.company"].with_context(active_test=False)._search([]))
        elif self.env.user.has_group(GROUP_CUSTODIAN):
            ids |= _read_borrowers(self.env, self.env.companies.ids)
        return self.env["res.company"].sudo().browse(sorted(ids)).exists()

    @api.model
    def _find_breaks(self, companies):
        """Find alterations in the chains of some companies, however they were made.

        :param companies: `res.company`
        :return: a company and what is wrong, for each finding
        :rtype: list[tuple[res.company, tools.signature_chain.Break]]
        """
        self.env.flush_all()
        secrets = custody.require_secrets(self.env)
        walks = {
            company_id: Walk(get_chain(self, company_id)) for company_id in sorted(companies.ids)
        }
        return [
            (self.env["res.company"].browse(company_id), broken)
            for company_id, walk, _is_done in walk_chains(self, walks, secrets)
            for broken in walk.breaks
        ]

    @api.model
    def _explain_break(self, company, broken):
        """Say in one sentence what is wrong with a chain.

        :param broken: `tools.signature_chain.Break`
        :rtype: str
        """
        log = self.env["ir.model"].sudo()._get(self._name).name
        name = company.exists().name or str(company.id)
        values = {"company": name, "position": broken.position, "log": log}
        return {
            "changed": self.env._(
                "%(company)s, %(log)s: number %(position)s was changed.", **values
            ),
            "missing": self.env._(
                "%(company)s, %(log)s: what stood before number %(position)s is missing.", **values
            ),
            "broken": self.env._(
                "%(company)s, %(log)s: number %(position)s does not follow from the one before it.",
                **values,
            ),
            "unlinked": self.env._("%(company)s, %(log)s: a row was inserted.", **values),
            "truncated": self.env._(
                "%(company)s, %(log)s: it no longer ends where it did. Check it from number "
                "%(position)s onwards.",
                **values,
            ),
            "headless": self.env._(
                "%(company)s, %(log)s: the record of the last row was removed.", **values
            ),
            "unsealed": self.env._(
                "%(company)s, %(log)s: the record of the last row is not sealed with this server's "
                "secret.",
                **values,
            ),
        }[broken.code]


# The tables that are chains, with what signs first.
CHAINS = ("certificate.signature.log", "certificate.history")


# === WRITING === #


def append(model, vals_list):
    """Write rows that take their places in their chains just before the commit.

    :param model: an empty record of one of `CHAINS`
    :param list[dict] vals_list: the values of `_hashed`, but for the id
    """
    cr = model.env.cr
    cr.execute(SQL("%s RETURNING id", _insert(model, vals_list)))
    ids = [row_id for (row_id,) in cr.fetchall()]
    transaction = cr.precommit.data.get(_PENDING)
    if transaction not in _pending:
        transaction = cr.precommit.data[_PENDING] = _Transaction()
        _pending[transaction] = {}
        env = model.env(su=True)
        cr.precommit.add(lambda: _link_pending(env, transaction))
    rows = _pending[transaction].setdefault(model._name, {})
    rows.update(
        (row_id, {**vals, "id": row_id}) for row_id, vals in zip(ids, vals_list, strict=True)
    )


def append_durably(model, vals):
    """Write and commit one row with its place in the chain, whatever happens to this transaction.

    :param model: as for `append`
    :param dict vals: the values of `_hashed`, with the id
    :raise UserError: when it cannot be committed
    """
    with open_durable_cursor(model.env) as cr:
        _link(model, [vals], cr)


@contextmanager
def open_durable_cursor(env):
    """Open a separate transaction, committed at the end, that sees what is committed at any moment.

    In a test, its own cursor is used instead, because no other one sees the test's data.

    :raise UserError: when there is no connection, or what it writes is locked
    """
    if is_in_test():
        yield env.cr
        return
    try:
        with db_connect(env.cr.dbname).cursor() as cr:
            cr.execute(DURABLE)
            yield cr
    except psycopg2.Error as error:
        # Not tried again by Odoo, which would sign again each time.
        raise UserError(
            env._(
                "The log could not be written, so nothing was signed. Try again, or tell your "
                "administrator."
            )
        ) from error


def is_in_test():
    return bool(module.current_test)


def forget_pending(cr):
    """Leave the rows of this transaction without a place: their tables are about to be dropped."""
    transaction = cr.precommit.data.pop(_PENDING, None)
    if transaction in _pending:
        del _pending[transaction]


def _link_pending(env, transaction):
    """Give the rows of this transaction their places, each in the chain of its company.

    If the server's secret cannot be used they get none, and the check reports it: recording a
    payment must not fail for that.
    """
    if env.cr.precommit.data.get(_PENDING) is transaction:
        del env.cr.precommit.data[_PENDING]
    # (Not removed: rows that have a place are skipped below.)
    pending = _pending.get(transaction, {})
    try:
        custody.get_secrets()
    except key_seal.SealError as error:
        _logger.error(
            "Rows of the history are not sealed: the secret cannot be used (%s).", error.code
        )
        return
    for name, written in pending.items():
        model, ids = env[name], list(written)
        # A rolled back savepoint may have removed some of them. The others are not read back: the
        # seal vouches for what was written here, not for what SQL has changed since.
        env.cr.execute(
            SQL(
                "SELECT id FROM %s WHERE id = ANY(%s) AND hash IS NULL ORDER BY id",
                SQL.identifier(model._table),
                ids,
            )
        )
        if rows := [written[row_id] for (row_id,) in env.cr.fetchall()]:
            # In this transaction PostgreSQL shows the ends as they were when it began.
            with _open_present_cursor(env) as now:
                _link(model, rows, env.cr, now)
            model.browse(ids).invalidate_recordset()


@contextmanager
def _open_present_cursor(env):
    """Open a cursor that sees what is committed now."""
    if not env.registry.ready:
        # In an installation or upgrade, no other transaction sees the tables, or they are locked.
        yield env.cr
        return
    with db_connect(env.cr.dbname).cursor() as now:
        yield now


def _link(model, rows, cr, now=None):
    """Give rows their places in the chains of their companies, one transaction after the other.

    :param model: as for `append`
    :param list[dict] rows: those that `cr` has written; without `now`, to be written
    :param cr: the cursor that writes
    :param now: a cursor that sees what is committed, where `cr` sees what was when it began
    """
    secrets = custody.require_secrets(model.env)
    by_company = {}
    for row in rows:
        by_company.setdefault(row["company_id"], []).append(row)
    company_ids = sorted(by_company)
    if now:
        lock_chains(model, company_ids, cr)
        ends = [read_ends(model, company_ids, any_cr) for any_cr in (now, cr)]
    else:
        ends = [read_ends(model, company_ids, cr, before=_make_lock(model, company_ids))]
    placed, heads, gone = [], [], []
    for company_id in company_ids:
        chain = get_chain(model, company_id)
        known, last = ends[0][company_id]
        if now:
            # This transaction's own heads are the latest; others that it sees may be gone by now.
            newest = max(known, default=0)
            own, own_last = ends[1][company_id]
            known |= {head_id: head for head_id, head in own.items() if head_id > newest}
            last = max(last, own_last)
        here = by_company[company_id]
        made = [Row(None, "", "", _get_hashed(model, row)) for row in here]
        found, head = extend(chain, made, known.values(), last, secrets)
        placed += [
            {
                **row,
                "position": place.position,
                "previous_hash": place.previous_hash,
                "hash": place.hash,
            }
            for row, place in zip(here, found, strict=True)
        ]
        heads.append((model._name, company_id, head.count, head.hash, head.seal))
        # A head whose seal is wrong stays, as a trace. So does one that this transaction does not see,
        # for the next one to replace: the longest counts.
        gone += [head_id for head_id, head in known.items() if is_sealed(chain, head, secrets)]
    change = _place(model, placed) if now else _insert(model, placed)
    cr.execute(SQL("WITH %s %s", _make_heads(gone, heads), change))
    if cr.rowcount != len(rows):
        raise UserError(model.env._("The log could not be written. Tell your administrator."))


def lock_chains(model, company_ids, cr):
    """Let nobody else write to the chains of companies, until this transaction ends.

    :param list[int] company_ids: in the same order everywhere, to avoid deadlocks
    """
    cr.execute(_make_lock(model, company_ids))


def replace_heads(cr, ids, heads):
    """Replace heads.

    :param list[int] ids: of the others
    :param heads: values of a row for each
    """
    cr.execute(SQL("WITH %s SELECT", _make_heads(ids, heads)))


def _make_lock(model, company_ids):
    return SQL(
        "SELECT pg_advisory_xact_lock(hashtext(%s), company_id) FROM unnest(%s::integer[]) company_id",
        model._table,
        company_ids,
    )


def _make_heads(ids, heads):
    return SQL(
        """
        gone AS (DELETE FROM certificate_signature_head WHERE id = ANY(%s)),
        head AS (
            INSERT INTO certificate_signature_head (log, company_id, count, hash, seal) VALUES %s
        )
        """,
        ids,
        SQL(", ").join(heads),
    )


def _place(model, rows):
    return SQL(
        """
        UPDATE %(table)s log SET position = place.position, previous_hash = place.previous_hash,
            hash = place.hash
        FROM (VALUES %(places)s) place (id, position, previous_hash, hash) WHERE log.id = place.id
        """,
        table=SQL.identifier(model._table),
        places=SQL(", ").join(tuple(row[name] for name in ("id", *_PLACE)) for row in rows),
    )


def _insert(model, rows):
    names = list(rows[0])
    return SQL(
        "INSERT INTO %s (%s) VALUES %s",
        SQL.identifier(model._table),
        _list(names),
        SQL(", ").join(tuple(row[name] for name in names) for row in rows),
    )


# === READING === #


def stream_rows(model, starts):
    """Read chains as they are stored, past the ORM and its cache, a batch at a time.

    To be closed where it is not read to its end (`contextlib.closing`).

    :param dict[int, int] starts: the position to begin at, by company; `FIRST` for all rows
    :return: the company's id and a row, for each, in the order of companies and positions; rows without a
        position are left out
    :rtype: Iterator[tuple[int, tools.signature_chain.Row]]
    """
    names = [*_PLACE, *model._hashed, *model._hashed_later]
    query = SQL(
        """
        SELECT log.company_id, %(names)s FROM unnest(%(ids)s::integer[], %(positions)s::integer[]) AS start (company_id, position)
        JOIN %(table)s log ON log.company_id = start.company_id AND log.position >= start.position
        ORDER BY log.company_id, log.position, log.id
        """,
        names=SQL(", ").join(SQL.identifier("log", name) for name in names),
        ids=list(starts),
        positions=list(starts.values()),
        table=SQL.identifier(model._table),
    )
    with closing(fetch_all(model.env.cr, query)) as rows:
        for row in rows:
            yield row[0], _make_row(model, names, row[1:])


def _make_row(model, names, values):
    """Make a row of a chain of what was read.

    :param names: of the columns, those of its place first
    :param tuple values: of these columns
    :rtype: tools.signature_chain.Row
    """
    place = len(_PLACE)
    hashed = _get_hashed(model, dict(zip(names[place:], values[place:], strict=True)))
    return Row(*values[:place], hashed)


def _get_hashed(model, row):
    """Return what is hashed of a row.

    :param dict row: values by column
    :rtype: tuple
    """
    later = [row.get(name) for name in model._hashed_later]
    while later and later[-1] is None:
        later.pop()
    return (*(row[name] for name in model._hashed), *later)


def _read_borrowers(env, lender_ids):
    """Read whose documents certificates of some companies have signed, from an index and no more.

    :return: ids of companies
    :rtype: set[int]
    """
    env.cr.execute(
        """
        WITH RECURSIVE borrower AS (
            SELECT lender.id AS lender_id, (
                SELECT MIN(company_id) FROM certificate_signature_log WHERE lender_id = lender.id
            ) AS company_id FROM unnest(%s::integer[]) AS lender (id)
            UNION ALL
            SELECT lender_id, (
                SELECT MIN(log.company_id) FROM certificate_signature_log log
                WHERE log.lender_id = borrower.lender_id AND log.company_id > borrower.company_id
            ) FROM borrower WHERE company_id IS NOT NULL
        )
        SELECT DISTINCT company_id FROM borrower WHERE company_id IS NOT NULL
        """,
        [lender_ids],
    )
    return {company_id for (company_id,) in env.cr.fetchall()}


def count_rows(model, condition, starts):
    """Count rows of chains by company, by a condition on the table `log` and the positions `start`.

    :param SQL condition: beside the company
    :param dict[int, int] starts: as for `stream_rows`
    :rtype: dict[int, int]
    """
    if not starts:
        return {}
    model.env.cr.execute(
        SQL(
            """
            SELECT start.company_id, number.count FROM unnest(%s::integer[], %s::integer[]) AS start (company_id, position),
                LATERAL (
                    SELECT COUNT(*) FROM %s log WHERE log.company_id = start.company_id AND %s
                ) number
            """,
            list(starts),
            list(starts.values()),
            SQL.identifier(model._table),
            condition,
        )
    )
    return dict(model.env.cr.fetchall())


def fetch_all(cr, query):
    """Read the rows of a query by a cursor of PostgreSQL's, in constant memory."""
    name = SQL.identifier(f"certificate_rows_{next(_numbers)}")
    cr.execute(SQL("DECLARE %s NO SCROLL CURSOR FOR %s", name, query))
    is_open = True
    try:
        while is_open:
            cr.execute(SQL("FETCH %s FROM %s", _BATCH_SIZE, name))
            rows = cr.fetchall()
            is_open = len(rows) == _BATCH_SIZE
            yield from rows
    finally:
        # Of a transaction that has failed there is nothing left to close.
        if cr._cnx.info.transaction_status != TRANSACTION_STATUS_INERROR:
            cr.execute(SQL("CLOSE %s", name))


def select_rows(model, condition):
    """Read rows of chains as they are stored, a batch at a time.

    :param SQL condition: which rows
    :return: by position; those without one come last
    :rtype: Iterator[tools.signature_chain.Row]
    """
    names = [*_PLACE, *model._hashed, *model._hashed_later]
    query = SQL(
        "SELECT %s FROM %s WHERE %s ORDER BY position NULLS LAST, id",
        _list(names),
        SQL.identifier(model._table),
        condition,
    )
    with closing(fetch_all(model.env.cr, query)) as rows:
        for row in rows:
            yield _make_row(model, names, row)


def read_ends(model, company_ids, cr, before=None):
    """Read the heads and the last positions of chains, as a cursor sees them.

    :param SQL before: what is executed first, in the same message to PostgreSQL
    :return: heads by their ids, and the last position, by company
    :rtype: dict[int, tuple[dict[int, tools.signature_chain.Head], int]]
    """
    cr.execute(
        SQL(
            """
            %s SELECT company.id, NULL, last.position, NULL, NULL FROM unnest(%s::integer[]) AS company (id),
                LATERAL (
                    SELECT position FROM %s WHERE company_id = company.id AND position IS NOT NULL
                    ORDER BY position DESC LIMIT 1
                ) last
            UNION ALL
            SELECT company_id, id, count, hash, seal FROM certificate_signature_head
            WHERE company_id = ANY(%s) AND log = %s
            """,
            SQL("%s;", before) if before else SQL(),
            company_ids,
            SQL.identifier(model._table),
            company_ids,
            model._name,
        )
    )
    heads = {company_id: {} for company_id in company_ids}
    last = dict.fromkeys(company_ids, 0)
    for company_id, head_id, count, head_hash, seal in cr.fetchall():
        if head_id:
            heads[company_id][head_id] = Head(count, head_hash, seal or "")
        else:
            last[company_id] = count or 0
    return {company_id: (heads[company_id], last[company_id]) for company_id in company_ids}


def walk_chains(model, walks, secrets, is_over=bool, continued=None):
    """Check chains row by row, in constant memory.

    :param dict[int, tools.signature_chain.Walk] walks: by company, in the order of the companies; each says where it
        begins
    :param secrets: as for `tools.signature_chain.make_head`
    :param is_over: asked after each batch whether to stop
    :param int continued: the company whose walk goes on where this same check has stopped before
    :return: the company's id, its walk, and whether it came to its end: all do but the last one, where it was
        stopped
    :rtype: Iterator[tuple[int, tools.signature_chain.Walk, bool]]
    """
    starts = {
        company_id: walk.count + 1 if walk.hash is None else FIRST
        for company_id, walk in walks.items()
    }
    ends = read_ends(model, list(walks), model.env.cr)
    begun = {company_id: start for company_id, start in starts.items() if company_id != continued}
    for company_id, number in count_rows(model, SQL("log.position IS NULL"), begun).items():
        for _row in range(min(number, MAX_BREAKS)):
            walks[company_id].add(Row(None, "", "", ()))
    # What was checked before is not read again, but counted: nothing was removed, and nothing inserted.
    known = {company_id: start for company_id, start in begun.items() if start != FIRST}
    between = SQL("log.position < start.position AND log.position > 0")
    for company_id, number in count_rows(model, between, known).items():
        walks[company_id].expect(number)
    for company_id, number in count_rows(model, SQL("log.position < 1"), known).items():
        if number:
            walks[company_id].add(Row(None, "", "", ()))
    with closing(stream_rows(model, starts)) as stream:
        found, read = next(stream, None), 0
        for company_id, walk in walks.items():
            while found and found[0] == company_id:
                walk.add(found[1])
                found, read = next(stream, None), read + 1
                # (Where positions are all the same, it would stop at the same one again.)
                is_further = walk.count > starts[company_id]
                if not read % _BATCH_SIZE and found and is_further and is_over():
                    yield company_id, walk, False
                    return
            walk.finish(ends[company_id][0].values(), secrets)
            yield company_id, walk, True


def get_chain(model, company_id):
    """Name the chain of a company, to which its heads are bound."""
    return f"{model._chain_prefix}{company_id}"


def _list(names):
    return SQL(", ").join(SQL.identifier(name) for name in names)
