import hashlib
import json
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.tools import SQL, format_date, format_datetime, split_every

from ..core.ir_http import get_session_uid
from ..core.whole_files import read_whole
from .chain import LooseMany2one, append, fetch_all

_TEXT_LENGTH = 300  # characters of a value that are kept
_BATCH_SIZE = 1000  # entries that are made at once

# Events of the history. The first matching one names a change that concerns several.
EVENTS = [
    ("activation", "Activation"),
    ("renewal", "Renewal"),
    ("request", "Request"),
    ("certificate", "Certificate"),
    ("record", "Activation record"),
    ("letter", "Letter"),
    ("payment", "Payment"),
    ("receipt", "Receipt"),
    ("document", "Document of a request"),
    ("nit", "NIT and test set"),
    ("start", "Start of invoicing"),
    ("resolution", "Billing resolution"),
    ("portal", "Portal access"),
    ("link", "Link with another database"),
    ("key", "Key"),
    ("settings", "Settings"),
    ("evidence", "Evidence"),
    ("log", "Log"),
]

# Tracked fields by model. Every write to one of them, even in sudo mode, adds an entry.
TRACKED = {
    "certificate.activation": {
        "state": "activation",
        "date_start": "activation",
        "date_end": "activation",
        "paused_on": "activation",
        "pause_reason": "activation",
        "end_reason": "activation",
        "switch_on": "renewal",
        "certificate_id": "certificate",
        "certificate_fingerprint": "certificate",
        "revocation_status": "certificate",
        "record_code": "record",
        "record_sha256": "record",
        "letter_code": "letter",
        "letter_scope": "letter",
        "signed_letter_sha256": "letter",
        "signed_letter_match": "letter",
        "letter_review": "letter",
        "letter_rejection_reason": "letter",
        "payment_move_id": "payment",
    },
    "certificate.voided.letter": {
        "letter_code": "letter",
        "reason": "letter",
        "signed_letter_sha256": "letter",
    },
    "certificate.payment.receipt": {
        "state": "receipt",
        "receipt_sha256": "receipt",
        "rejection_reason": "receipt",
    },
    "certificate.request": {
        "state": "request",
        "valid_from": "request",
        "valid_until": "request",
    },
    "certificate.request.document": {
        "state": "document",
        "document_sha256": "document",
    },
    "electronic.invoicing.setup": {
        "locked_nit": "nit",
        "test_set_identifier": "nit",
        "test_set_result": "nit",
        "test_set_evidence_sha256": "nit",
        "started_on": "start",
        "resolution_id": "resolution",
    },
    "certificate.portal.access": {
        "email": "portal",
        "invited_on": "portal",
        "expires_on": "portal",
        "opened_on": "portal",
        "opened_by_id": "portal",
        "withdrawn_on": "portal",
    },
    "certificate.letter.link": {
        "letter_code": "letter",
        "email": "letter",
        "sent_on": "letter",
        "opened_on": "letter",
        "returned_on": "letter",
        "ended_on": "letter",
    },
    "certificate.link.client": {
        "state": "link",
        "client_nit": "link",
        "client_name": "link",
        "client_id": "link",
        "database_uuid": "link",
        "key_changed_on": "link",
        "hourly_limit": "link",
        "allows_hashes": "link",
    },
    "certificate.link.vendor": {
        "state": "link",
        "address": "link",
        "vendor_nit": "link",
        "vendor_name": "link",
        "key_changed_on": "link",
    },
    "res.company": {
        "certificate_lent_id": "certificate",
        "certificate_product_id": "settings",
        "certificate_request_product_id": "settings",
        "certificate_provider_id": "settings",
        "certificate_validity_months": "settings",
        "certificate_accept_receipts": "settings",
        "certificate_accept_test_payments": "settings",
        "certificate_renewal_days": "settings",
        "certificate_reminder_days": "settings",
        "certificate_letter_html": "settings",
        "certificate_letter_read_on": "settings",
        "certificate_signs_events": "settings",
        "certificate_signs_support": "settings",
        "certificate_software": "settings",
        "certificate_policy": "settings",
        "certificate_is_provider": "settings",
        "certificate_provider_resolution": "settings",
        "certificate_is_signing_allowed": "settings",
        "certificate_sign_after_review": "settings",
    },
}

# Fields of earlier entries that have moved, and where they are now.
_MOVED = {("certificate.activation", "request_state"): ("certificate.request", "state")}


class CertificateHistory(models.Model):
    """What happened to activations, receipts, requests, set-ups and settings: who, when, from where.

    Its rows are written in the same transaction as the change, and form a chain for each company.
    The messages on the records are a readable copy.
    """

    _name = "certificate.history"
    _description = "History"
    _inherit = ["certificate.chain.mixin"]
    _order = "id desc"
    _rec_name = "record_name"
    _log_access = False
    _chain_prefix = "history:"
    _hashed = (
        "id",
        "company_id",
        "event",
        "happened_on",
        "user_id",
        "session_user_id",
        "access_id",
        "actor",
        "address",
        "browser",
        "res_model",
        "res_id",
        "record_name",
        "changes",
    )

    event = fields.Selection(EVENTS, required=True, readonly=True)
    happened_on = fields.Datetime(string="Date", required=True, readonly=True)
    user_id = LooseMany2one("res.users", string="User", required=True, readonly=True)
    session_user_id = LooseMany2one(
        "res.users",
        string="Logged in",
        readonly=True,
        help="Whose session it was; empty outside a request, and for a visitor.",
    )
    access_id = LooseMany2one(
        "certificate.portal.access",
        string="Invited through the portal",
        readonly=True,
        help="The portal contact who acted.",
    )
    actor = fields.Char(
        string="Who", required=True, readonly=True, help="Name and login at the time."
    )
    address = fields.Char(string="From", readonly=True, help="The network address.")
    browser = fields.Char(readonly=True)
    res_model = fields.Char(string="Model", readonly=True)
    res_id = fields.Many2oneReference(string="Document", model_field="res_model", readonly=True)
    record_name = fields.Char(string="What", required=True, readonly=True, index="trigram")
    changes = fields.Text(
        required=True, readonly=True, help="JSON list of field name, value before and value after."
    )
    summary = fields.Char(string="What happened", compute="_compute_summary")

    @api.depends("changes", "res_model")
    @api.depends_context("lang")
    def _compute_summary(self):
        for entry in self:
            model = self.env.get(entry.res_model)
            entry.summary = "; ".join(
                _describe(self.env, model, *change) for change in json.loads(entry.changes or "[]")
            )

    @api.model
    def _find_differences(self, companies):
        """Find records that differ from the history: changed, created or deleted without an entry.

        :param companies: `res.company`
        :return: a sentence for each finding
        :rtype: list[str]
        """
        known, gaps = _read_last_values(self.env, companies.ids)
        # Values written without an entry and overwritten by a step since, so no longer the last
        # ones.
        found = [
            self.env._(
                "%(model)s %(number)s was changed without an entry in the history: %(change)s.",
                model=self.env[name]._description,
                number=res_id,
                change=_describe(self.env, self.env[name], *change),
            )
            for name, res_id, *change in gaps
        ]
        for name in TRACKED:
            model = read_whole(self.env[name].sudo()).with_context(active_test=False)
            field = "id" if name == "res.company" else "company_id"
            for record in model.search([(field, "in", companies.ids)], order="id"):
                values = known.pop((name, record.id), None)
                if values is None and name != "res.company":
                    found.append(self.env._("%s is not in the history.", record.display_name))
                now = _get_values(record)
                found += [
                    self.env._(
                        "%(record)s: the history says otherwise: %(change)s.",
                        record=record.display_name,
                        change=_describe(self.env, model, field_name, value, now[field_name]),
                    )
                    for field_name, value in (values or {}).items()
                    if field_name in now
                    and _get_key(value) != _get_key(now[field_name])
                    and not _is_emptied(model, field_name, value, now[field_name])
                ]
        found += [
            self.env._(
                "%(model)s %(number)s no longer exists.",
                model=self.env[name]._description,
                number=res_id,
            )
            for name, res_id in known
            # Deleting a contact deletes its invitations.
            if name in TRACKED and name != "certificate.portal.access"
        ]
        return found


# === WRITING === #


@contextmanager
def recording(records, vals):
    """Record what a write changes.

    :param records: of any model; only those in `TRACKED` are recorded
    :param dict vals: that are written
    """
    tracked = TRACKED.get(records._name, {})
    # A file is written under its field's name, and tracked by its SHA-256.
    if not any(name in vals or name.removesuffix("_sha256") in vals for name in tracked):
        yield
        return
    records = read_whole(records.sudo())
    before = {record: _get_values(record) for record in records}
    yield
    record_changes(records, before)


def record_changes(records, before=None):
    """Record how records differ from what they were.

    :param records: in the environment of the user who changed them
    :param dict before: values by name, by record; without it, they are new
    """
    entries = []
    tracked = TRACKED[records._name]
    for record in records.sudo():
        old, new = (before or {}).get(record, {}), _get_values(record)
        changes = [
            [name, old.get(name), new[name]] for name in tracked if old.get(name) != new[name]
        ]
        if changes:
            events = {tracked[name] for name, *_values in changes}
            event = next(name for name, _label in EVENTS if name in events)
            entries.append((event, record, changes))
    record_entries(records.env, entries)


def record_entries(env, entries):
    """Write entries of the history.

    :param entries: for each the event, the record that it is about, and its changes: lists of a name,
        what it was and what it is, as JSON has them
    """
    if not entries:
        return
    activations = env["certificate.activation"]
    where = activations._get_request_facts()
    actor = activations._get_actor_facts()
    common = {
        "happened_on": fields.Datetime.now(),
        "user_id": env.uid,
        "session_user_id": get_session_uid(),
        "access_id": activations._get_portal_access().id or None,
        "actor": f"{actor['name']} ({actor['login']})",
        "address": where["ip"],
        "browser": where["user_agent"],
    }
    append(
        env["certificate.history"],
        [
            {
                "company_id": _get_company(record).id,
                "event": event,
                **common,
                "res_model": record._name,
                "res_id": record.id,
                "record_name": record.display_name or record._description,
                "changes": json.dumps(changes, ensure_ascii=False),
            }
            for event, record, changes in entries
        ],
    )


def begin_history(env):
    """Begin the history of each company with the current values of everything tracked.

    :param env: of the database that had none until now
    """
    for name in TRACKED:
        # Only the companies that are involved.
        domain = [("certificate_lent_id", "!=", False)] if name == "res.company" else []
        ids = env[name].search(domain, order="id").ids
        for batch in split_every(_BATCH_SIZE, ids, env[name].browse):
            record_entries(env, [("log", record, _describe_beginning(record)) for record in batch])
            env.invalidate_all()


def _describe_beginning(record):
    values = _get_values(record)
    changes = [[name, None, value] for name, value in values.items() if value]
    return [["begin", None, None], *changes]


def _get_company(record):
    company = record if record._name == "res.company" else record.company_id
    return company or record.env.company


def _get_values(record):
    """Return what is tracked of a record, as JSON has it.

    :rtype: dict
    """
    return {name: _get_value(record, record._fields[name]) for name in TRACKED[record._name]}


def _get_value(record, field):
    value = record[field.name]
    if field.type == "many2one":
        return [value.id, value.display_name] if value else None
    if field.type == "html":
        return (value and f"SHA-256 {hashlib.sha256(value.encode()).hexdigest()}") or None
    if field.type in ("boolean", "integer"):
        return value
    return str(value)[:_TEXT_LENGTH] if value else None


# === READING === #


def _read_last_values(env, company_ids):
    """Read what the history says last of each field of each record.

    :return: values by name, by model and id; and values that differ from those of the previous
        entry: model, id, name of the field, and both values
    :rtype: tuple[dict[tuple[str, int], dict], list[tuple]]
    """
    env.flush_all()
    query = SQL(
        "SELECT res_model, res_id, changes FROM certificate_history WHERE company_id = ANY(%s) ORDER BY id",
        company_ids,
    )
    known, gaps = {}, []
    for model, res_id, text in fetch_all(env.cr, query):
        values, changes = known.setdefault((model, res_id), {}), json.loads(text)
        is_beginning = any(name == "begin" for name, *_values in changes)
        for name, before, after in changes:
            if (
                name in values
                and name in TRACKED.get(model, ())
                and not is_beginning
                and (_get_key(values[name]) or None) != (_get_key(before) or None)
                and not _is_emptied(env[model], name, values[name], before)
            ):
                gaps.append((model, res_id, name, values[name], before))
            values[name] = after
    return known, gaps


def _get_key(value):
    """Return a value for comparison: a record by its id, because its name may change."""
    return value[0] if isinstance(value, list) else value


def _is_emptied(model, name, before, after):
    """Tell whether PostgreSQL has emptied a field, because what it referred to was deleted."""
    field = model._fields[name]
    if after or not before or field.type != "many2one" or field.ondelete != "set null":
        return False
    return not model.env[field.comodel_name].browse(before[0]).exists()


def _describe(env, model, name, before, after):
    """Say one change in a few words, in the language of the user.

    :param model: an empty record of whose model it is, or None
    """
    if name == "begin":
        return env._("The history begins here")
    if model is not None and (model._name, name) in _MOVED:
        model_name, name = _MOVED[model._name, name]
        model = env[model_name]
    field = model is not None and model._fields.get(name)
    labels = {"seal": env._("Seal of a log"), "export": env._("Archive of the evidence")}
    label = field._description_string(env) if field else labels.get(name, name)

    def say(value):
        if isinstance(value, list):
            return str(value[-1])
        if field and field.type == "boolean" and value is not None:
            return env._("Yes") if value else env._("No")
        if value in (None, False):
            return "-"
        if field and field.type == "selection":
            return dict(field._description_selection(env)).get(value, value)
        if field and field.type == "date":
            return format_date(env, value)
        if field and field.type == "datetime":
            return format_datetime(env, value)
        return str(value)

    return f"{label}: {say(before)} → {say(after)}"
