"""*Check the log*: at once where it takes seconds, otherwise by a job that says how far it is.

It reads in constant memory. What is long is read from where it was checked before, in batches that each end with
a commit. Where that is, is sealed, and is forgotten after some days (`tools.signature_chain.WHOLE_DAYS`), so
that each row is read again: a row that somebody has changed by SQL, behind everything that checks
read otherwise, is found then at the latest. Without a secret nothing could vouch for a place to begin at, so everything is
read each time. What a check notes for itself, its findings among it, is sealed as well.

As in `chain.py`, whatever seals is a function: no server action has it seal what it likes.
"""

import json
import logging
import time
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ...const import MODULE
from ...tools.signature_chain import (
    Checkpoint,
    Walk,
    is_current,
    is_own_note,
    make_checkpoint,
    seal_note,
)
from ..keys import custody
from .chain import CHAINS, count_rows, get_chain, walk_chains

_logger = logging.getLogger(__name__)

_CHUNK_SIZE = 100  # companies that are checked together
_SHOWN = 10  # sentences about what was found
_AT_ONCE = 3  # seconds in which whoever asks waits for the result
_SLICE = 2  # seconds of the job between two commits
# What is shorter is always read whole: nobody notices.
_SHORT = 20_000  # rows


class CertificateLogCheck(models.Model):
    """A check of the log that takes longer than anybody waits for a page."""

    _name = "certificate.log.check"
    _description = "Check of the Log"
    _inherit = ["certificate.signature.sealed.mixin"]
    _order = "id desc"
    _rec_name = "started_on"
    _log_access = False

    user_id = fields.Many2one(
        "res.users", required=True, readonly=True, index=True, ondelete="cascade"
    )
    started_on = fields.Datetime(required=True, readonly=True)
    content = fields.Text(required=True, readonly=True, groups=fields.NO_ACCESS)
    seal = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    state = fields.Selection(
        [
            ("running", "Running"),
            ("good", "Log checked"),
            ("altered", "The log was altered"),
        ],
        compute="_compute_content",
        compute_sudo=True,
    )
    is_whole = fields.Boolean(compute="_compute_content", compute_sudo=True)
    progress = fields.Float(compute="_compute_content", compute_sudo=True)
    message = fields.Text(compute="_compute_content", compute_sudo=True)

    @api.depends("content")
    @api.depends_context("lang")
    def _compute_content(self):
        for check in self:
            note = _read_note(check)
            if note is None:
                check.update({"state": "altered", "is_whole": True, "progress": 100})
                check.message = _explain_foreign(self.env)
                continue
            if not note["is_done"]:
                check.state = "running"
            else:
                check.state = "altered" if note["count_found"] else "good"
            check.is_whole = not note["known"]
            share = note["companies_done"] / max(len(note["company_ids"]), 1)
            if note["total"]:
                rows = (note["read"] + note["known"]) / note["total"]
                share = (share + min(rows, 1)) / 2
            check.progress = 100 if note["is_done"] else round(100 * share, 1)
            check.message = _describe(self.env, note) if note["is_done"] else False

    # === ACTION METHODS === #

    def action_check_whole(self):
        """Check everything again, also what was checked in the last days.

        :return: as `action_check` of the log
        :rtype: dict
        :raise AccessError: if the user is not a manager, or somebody else asked for this check
        """
        self.ensure_one().check_access("read")
        logs = self.env[CHAINS[0]]
        logs.check_access("read")
        return self._start(logs._get_checked_companies(), is_whole=True)

    # === BUSINESS METHODS === #

    @api.model
    def _start(self, companies, is_whole=False):
        """Check the chains of companies, or begin to.

        :param companies: `res.company`, in sudo mode
        :param bool is_whole: also what was checked in the last days
        :return: an action that says what was found, or shows how far it is
        :rtype: dict
        """
        mine = self.sudo().search([("user_id", "=", self.env.uid)], limit=1)
        job = self.env.ref(f"{MODULE}.ir_cron_certificate_log_check").sudo()
        if mine and mine.state == "running":
            job._trigger()
            return self._show(mine)
        self.env.flush_all()
        note = _begin(self.env, companies.ids, is_whole)
        deadline = time.monotonic() + _AT_ONCE
        if _advance(self.env, note, deadline):
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    **_notify(self.env, note),
                    "sticky": bool(note["count_found"]),
                },
            }
        self.env.cr.execute("DELETE FROM certificate_log_check WHERE user_id = %s", [self.env.uid])
        check = self.browse(_keep(self.env, note))
        job._trigger()
        return self._show(check)

    @api.model
    def _show(self, check):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Check of the log"),
            "res_model": self._name,
            "res_id": check.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    @api.model
    def _cron_check_logs(self):
        """Go on with the checks that were begun, a few seconds at a time."""
        cron = self.env["ir.cron"]
        checks = self.sudo().search(fields.Domain.TRUE, order="id")
        waiting = [check for check in checks if check.state == "running"]
        cron._commit_progress(remaining=len(waiting))
        for check in waiting:
            is_done = False
            while not is_done:
                is_done = _go_on(check)
                left = cron._commit_progress(int(is_done))
                if not is_done and not left:
                    return
            if not left:
                return


# === HOW FAR A CHECK IS === #


def _begin(env, company_ids, is_whole):
    """Begin to note how far a check is.

    :param list[int] company_ids: of those to check
    :rtype: dict
    """
    env.cr.execute(
        """
        SELECT log, SUM(count) FROM (
            SELECT log, MAX(count) AS count FROM certificate_signature_head
            WHERE company_id = ANY(%s) GROUP BY log, company_id
        ) head GROUP BY log
        """,
        [company_ids],
    )
    counts = {log: int(count) for log, count in env.cr.fetchall()}
    return {
        "user_id": env.uid,
        "lang": env.lang,
        "company_ids": sorted(company_ids),
        "is_whole": is_whole or sum(counts.values()) <= _SHORT,
        "companies_done": 0,
        "part": 0,  # of the companies under way: each of CHAINS, then the records
        "place": None,  # where the job stopped in a chain: company, position, hash, since when, whether it is good
        "total": sum(counts.values()),
        "counts": [counts.get(log, 0) for log in CHAINS],
        "read": 0,  # rows
        "known": 0,  # rows that were checked before
        "known_on": None,  # when the first of them were
        "undone": 0,
        "found": [],
        "count_found": 0,
        "is_done": False,
    }


def _keep(env, note):
    """Keep a note for the job.

    :return: the id of the check
    :rtype: int
    """
    env.cr.execute(
        "INSERT INTO certificate_log_check (user_id, started_on, content) VALUES (%s, %s, '{}') RETURNING id",
        [note["user_id"], fields.Datetime.now()],
    )
    [check_id] = env.cr.fetchone()
    _update(env, check_id, note)
    return check_id


def _update(env, check_id, note):
    content, check = json.dumps(note), env["certificate.log.check"].browse(check_id)
    env.cr.execute(
        "UPDATE certificate_log_check SET content = %s, seal = %s WHERE id = %s",
        [
            content,
            seal_note(_name_note(check), content, custody.require_secrets(env)),
            check_id,
        ],
    )
    check.invalidate_recordset()


def _name_note(check):
    """Name a check by its number and by when it was begun, so that no other one's result is shown for it."""
    check = check.sudo()
    return f"{check.id}:{check.user_id.id}:{fields.Datetime.to_string(check.started_on)}"


def _read_note(check):
    """Read what a check has noted.

    :return: None where somebody else wrote it
    :rtype: dict | None
    """
    check = check.sudo()
    try:
        secrets = custody.require_secrets(check.env)
    except UserError:
        return None
    if not is_own_note(_name_note(check), check.content, check.seal, secrets):
        return None
    return json.loads(check.content)


def _go_on(check):
    """Go on with a check for some seconds.

    :return: whether it is done
    :rtype: bool
    """
    note = _read_note(check)
    if note is None or note["is_done"]:
        return True
    # With the words of whoever asked; what may be checked was decided then.
    env = check.env(user=note["user_id"], su=True, context={"lang": note["lang"]})
    try:
        with env.cr.savepoint():
            is_done = _advance(env, note, time.monotonic() + _SLICE)
    except Exception as error:
        _logger.exception("The log could not be checked.")
        _note_found(
            note,
            str(error)
            if isinstance(error, UserError)
            else env._("The check could not be completed. Tell your administrator."),
        )
        is_done = note["is_done"] = True
    _update(env, check.id, note)
    if is_done:
        env.user._bus_send("simple_notification", {**_notify(env, note), "sticky": True})
    return is_done


# === CHECKING === #


def _advance(env, note, deadline):
    """Check the companies of a note, until a moment; at least one batch of them.

    :param dict note: which is changed
    :param float deadline: of `time.monotonic`
    :return: whether all is checked
    :rtype: bool
    """
    while note["companies_done"] < len(note["company_ids"]):
        ids = note["company_ids"][note["companies_done"] :][:_CHUNK_SIZE]
        if note["part"] < len(CHAINS):
            if not _check_chains(env, note, CHAINS[note["part"]], ids, deadline):
                return False
            note["part"] += 1
        else:
            companies = env["res.company"].sudo().browse(ids)
            for sentence in env["certificate.history"]._find_differences(companies):
                _note_found(note, sentence)
            note["companies_done"] += len(ids)
            note["part"] = 0
            # What was read of these companies' records is not needed any more.
            env.invalidate_all()
        if time.monotonic() > deadline and note["companies_done"] < len(note["company_ids"]):
            return False
    note["is_done"] = True
    # What is told needs no more, and is read with each look at it.
    note["company_ids"], note["companies_done"] = [], 0
    return True


def _check_chains(env, note, log, company_ids, deadline):
    """Check the chains of some companies in one table.

    :return: whether all are checked; otherwise the note says where it stopped
    :rtype: bool
    """
    model = env[log].sudo()
    secrets = custody.require_secrets(env)
    place, note["place"] = note["place"], None
    if place:
        company_ids = [company_id for company_id in company_ids if company_id >= place["company"]]
    today = env["certificate.activation"]._get_today()
    known = {} if note["is_whole"] else _read_checkpoints(model, company_ids, today, secrets)
    walks, whole_on, was_good = {}, {}, {}
    for company_id in company_ids:
        chain = get_chain(model, company_id)
        if place and company_id == place["company"]:
            walks[company_id] = Walk(chain, place["count"], place["hash"])
            whole_on[company_id] = date.fromisoformat(place["whole_on"])
            was_good[company_id] = place["is_good"]
        elif checkpoint := known.get(company_id):
            walks[company_id] = Walk(chain, checkpoint.count, checkpoint.hash)
            whole_on[company_id] = checkpoint.whole_on
            if not place:
                note["known"] += checkpoint.count
                since = checkpoint.whole_on.isoformat()
                note["known_on"] = min(note["known_on"] or since, since)
        else:
            walks[company_id] = Walk(chain)
            whole_on[company_id] = today
    # (Of all these companies, when they are begun.)
    if log == CHAINS[0] and not place:
        starts = {
            company_id: walk.count + 2 if walk.hash is None else 0
            for company_id, walk in walks.items()
        }
        kept = SQL(
            "NOT EXISTS (SELECT FROM certificate_signature_mark mark WHERE mark.id = log.id)"
        )
        since = SQL("%s AND log.position >= start.position", kept)
        note["undone"] += sum(count_rows(model, since, starts).values())
    checkpoints = {}
    continued = place and place["company"]
    begun = {company_id: walk.count + (walk.hash is None) for company_id, walk in walks.items()}
    for company_id, walk, is_done in walk_chains(
        model, walks, secrets, lambda: time.monotonic() > deadline, continued
    ):
        note["read"] += max(walk.count - begun[company_id], 0)
        for broken in walk.breaks:
            company = env["res.company"].sudo().browse(company_id)
            _note_found(note, model._explain_break(company, broken))
        is_good = not walk.breaks and was_good.get(company_id, True)
        if not is_done:
            note["place"] = {
                "company": company_id,
                "count": walk.count,
                "hash": walk.hash,
                "whole_on": whole_on[company_id].isoformat(),
                "is_good": is_good,
            }
        elif is_good:
            checkpoints[company_id] = make_checkpoint(
                walk.chain, walk.count, walk.hash, whole_on[company_id], secrets
            )
    if note["total"] > _SHORT:
        _write_checkpoints(model, walks, checkpoints, note["place"])
    return note["place"] is None


def _note_found(note, sentence):
    note["count_found"] += 1
    if len(note["found"]) < _SHOWN:
        note["found"].append(sentence)


# === CHECKPOINTS === #


def _read_checkpoints(model, company_ids, today, secrets):
    """Read from where on chains may be checked.

    :return: by company
    :rtype: dict[int, tools.signature_chain.Checkpoint]
    """
    model.env.cr.execute(
        "SELECT company_id, count, hash, whole_on, seal FROM certificate_log_checkpoint "
        "WHERE log = %s AND company_id = ANY(%s)",
        [model._name, company_ids],
    )
    checkpoints = {
        company_id: Checkpoint(*values) for company_id, *values in model.env.cr.fetchall()
    }
    return {
        company_id: checkpoint
        for company_id, checkpoint in checkpoints.items()
        if is_current(get_chain(model, company_id), checkpoint, today, secrets)
    }


def _write_checkpoints(model, walks, checkpoints, place):
    """Note up to where chains were checked, and forget it of those where something is wrong.

    :param walks: by company, of those that were begun
    :param dict checkpoints: of those that are good, by company
    :param dict | None place: where the job stopped
    """
    ids = [company_id for company_id in walks if not place or company_id < place["company"]]
    model.env.cr.execute(
        "DELETE FROM certificate_log_checkpoint WHERE log = %s AND company_id = ANY(%s)",
        [model._name, ids],
    )
    rows = [
        (model._name, company_id, point.count, point.hash, point.whole_on, point.seal)
        for company_id, point in checkpoints.items()
        if point
    ]
    if rows:
        model.env.cr.execute(
            SQL(
                "INSERT INTO certificate_log_checkpoint (log, company_id, count, hash, whole_on, seal) "
                "VALUES %s",
                SQL(", ").join(rows),
            )
        )


# === WHAT IS SAID === #


def _notify(env, note):
    """Say in a notification what a check has found.

    :rtype: dict
    """
    is_bad = bool(note["count_found"])
    return {
        "title": env._("The log was altered") if is_bad else env._("Log checked"),
        "message": _describe(env, note),
        "type": "danger" if is_bad else "success",
    }


def _describe(env, note):
    """Say what a check that is done has found.

    :rtype: str
    """
    if note["count_found"]:
        remedy = env._(
            "Somebody changed the database itself. Ask your administrator to compare it with a backup."
        )
        more = note["count_found"] - len(note["found"])
        rest = [env._("Findings that are not shown: %s.", more)] if more else []
        return "\n".join([*note["found"], *rest, remedy])
    signatures, entries = note["counts"]
    sentences = [
        env._(
            "Nothing is missing and nothing was altered. Signatures: %(signatures)s. Entries of the "
            "history: %(entries)s.",
            signatures=signatures,
            entries=entries,
        )
    ]
    if note["known"]:
        sentences = [
            env._(
                "Nothing is missing, and nothing that was added since the last check was altered. Signatures: "
                "%(signatures)s. Entries of the history: %(entries)s.",
                signatures=signatures,
                entries=entries,
            ),
            env._(
                "Rows that were counted and not read again, because they were read on %(day)s or later: "
                "%(count)s. Check everything to read them again.",
                day=format_date(env, note["known_on"]),
                count=note["known"],
            ),
        ]
    if note["undone"]:
        sentences.append(
            env._(
                "Signatures whose transaction was rolled back, so the signed documents may "
                "be anywhere: %s.",
                note["undone"],
            )
        )
    return "\n".join(sentences)


def _explain_foreign(env):
    return env._(
        "What this check has noted was changed in the database, or the server's secret is another one now. Check "
        "the log again."
    )
