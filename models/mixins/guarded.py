from contextlib import contextmanager

from psycopg2.errorcodes import SERIALIZATION_FAILURE
from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo import api, models
from odoo.exceptions import AccessError, ConcurrencyError, MissingError, UserError
from odoo.tools import SQL, mute_logger

from ...const import PORTAL_CONTACT
from ..core.aftermath import after_commit
from ..trace.history import TRACKED, record_changes, recording


class CreatedMeanwhile(SerializationFailure, ConcurrencyError):
    """Another transaction was faster: Odoo rolls this one back and tries it again.

    It derives from PostgreSQL's error because `safe_eval` (used by every server action, and so by
    every address of the flow) lets only that one through: it turns a bare `ConcurrencyError` into a
    `ValueError`, which is not retried.
    """

    # Odoo writes this code to its log; PostgreSQL normally sets it.
    pgcode = SERIALIZATION_FAILURE


def get_own_defaults(model, names):
    """Return the defaults of the model itself, not those that users store or send in a context.

    :param names: of fields
    :rtype: dict
    """
    defaults = {}
    for name in names:
        field = model._fields.get(name)
        if field and field.default:
            value = field.convert_to_cache(field.default(model), model, validate=False)
            defaults[name] = field.convert_to_write(value, model)
    return defaults


class CertificateGuardedMixin(models.AbstractModel):
    """A record where users write some fields, and named methods in sudo mode write the rest.

    `readonly` does not prevent writing a field over RPC, and `onchange` computes from any values it
    is given, in sudo mode for `compute_sudo` fields: from any invoice, for example. Here both
    accept only the editable fields among those that are stored. Changes to tracked fields are
    recorded in the history, whoever writes them.
    """

    _name = "certificate.guarded.mixin"
    _description = "Record with Guarded Fields"
    _inherit = ["certificate.input.mixin"]

    # Names of the fields that users may write; set by each model.
    _editable_fields = frozenset()
    # States that a record can never return to, by its current state; set by each model.
    _no_way_back = {}

    @api.model
    def default_get(self, fields):  # pylint: disable=method-required-super
        return get_own_defaults(self, fields)

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if self._name in TRACKED:
            record_changes(records)
        return records

    def _admit(self, vals):
        if not self.env.su:
            self._check_editable(vals)
        if "state" in vals:
            self._check_way(vals["state"])
        return super()._admit(vals)

    @contextmanager
    def _storing(self, vals):
        with recording(self, vals), super()._storing(vals) as stored:
            yield stored

    def _check_way(self, state):
        """Refuse to return to a state from before there was evidence, even in sudo mode.

        :raise AccessError: if any of these would
        """
        for record in self.sudo():
            if state in self._no_way_back.get(record.state, ()):
                raise AccessError(self.env._("What is finished cannot go back to an earlier step."))

    def _check_editable(self, vals):
        """Refuse a user's write to guarded fields.

        :param dict vals: as for `write`
        :raise AccessError: for a record that the user may not write, or a field that is guarded
        """
        # In this order: the access rules come first.
        self.check_access("write")
        self._refuse_guarded(vals)

    @api.model
    def _refuse_guarded(self, vals):
        if guarded := sorted(vals.keys() - self._editable_fields):
            raise AccessError(
                self.env._(
                    "These fields can be changed only by the steps of the process: %s.",
                    ", ".join(guarded),
                )
            )

    def _trusted(self):
        """Return this in sudo mode, without anything in the caller's context that affects a write.

        A context comes from the client: it could give defaults or keep a change out of the history.
        """
        # (The portal contact is an object, which no client can send.)
        kept = ("allowed_company_ids", "lang", "tz", "uid", PORTAL_CONTACT)
        context = {name: value for name, value in self.env.context.items() if name in kept}
        return self.with_env(self.env(su=True, context=context))

    def _after_transaction(self, method):
        """Call a method of this, once this transaction has ended, in one of its own.

        An error rolls back everything its transaction wrote; what this method writes is kept.

        :param str method: a name; it takes no arguments and finds what was committed
        """
        model, ids = self._name, self.ids
        after_commit(
            self.env,
            lambda env: getattr(env[model].browse(ids).exists(), method)(),
            or_rollback=True,
        )

    @api.model
    def _create_once(self, vals):
        """Create the one record that a unique index allows, in the name of the user.

        If another tab was faster, Odoo tries the call again, and it finds the record of that tab.

        :param dict vals: as for `create`
        :return: the record, in the environment of the caller
        :raise CreatedMeanwhile: when it was
        """
        try:
            # Without a savepoint: a retry starts a new transaction.
            with mute_logger("odoo.sql_db"):
                record = self._trusted().create(vals).with_env(self.env)
                # Flush, so that a later change in this transaction gets its own entry in the
                # history.
                self.env.cr.flush()
                return record
        except UniqueViolation as error:
            raise CreatedMeanwhile(f"{self._name} was created meanwhile.") from error

    def onchange(self, values, field_names, fields_spec):
        if not self.env.su:
            # Computed fields pass: Odoo compares them to find what has changed on the user's
            # screen.
            passing = {
                name
                for name, field in self._fields.items()
                if name in self._editable_fields or not field.store
            }
            values = {name: value for name, value in values.items() if name in passing}
            if field_names and not passing & set(field_names):
                return {"value": {}}
            field_names = [name for name in field_names if name in passing]
        return super().onchange(values, field_names, fields_spec)

    # === TRANSITIONS === #

    @api.model
    def _check_group(self, group):
        """Check that the user has a group.

        :param str group: external identifier of the group
        :raise AccessError: otherwise
        """
        if not (self.env.su or self.env.user.has_group(group)):
            raise AccessError(
                self.env._(
                    "You need the access right %s for this. Ask your administrator for it.",
                    self.env.ref(group).sudo().full_name,
                )
            )

    def _check_user(self, group):
        """Check that the user has a group and may see this record.

        :param str group: external identifier of the group
        :raise AccessError: otherwise
        """
        self.ensure_one()
        self._check_group(group)
        self.check_access("read")

    def _lock(self, group):
        """Check the user, wait for any other transaction that is changing this record, and read it
        again.

        If another transaction changed it meanwhile, PostgreSQL refuses the lock, Odoo tries the
        call again, and the call finds the new values.
        """
        self.ensure_one()
        self._check_group(group)
        self._lock_row()
        self._check_user(group)

    def _lock_row(self):
        """Wait for any other transaction that is changing this record, and invalidate its cache.

        The locking query includes the access rules and reads the row: a user cannot block a record
        that they may not see, and nothing is read twice.

        :raise AccessError: if the user may not read it
        """
        self.flush_recordset()
        self.invalidate_recordset()
        query = self._search([("id", "=", self.id or 0)], active_test=False)
        # Odoo's own query to read the record, with the lock added.
        select, lock = query.select, SQL("FOR UPDATE OF %s", SQL.identifier(self._table))
        query.select = lambda *columns: SQL("%s %s", select(*columns), lock)
        if not self._fetch_query(query, self._determine_fields_to_fetch()):
            self.check_access("read")
            raise MissingError(self.env._("This record no longer exists. Reload the page."))

    def _get_state_label(self, state):
        return dict(self._fields["state"]._description_selection(self.env))[state]

    def _check_state(self, state):
        if self.state != state:
            raise UserError(
                self.env._(
                    "This is possible only in the state “%(needed)s”, and the current state is "
                    "“%(current)s”. Reload the page.",
                    needed=self._get_state_label(state),
                    current=self._get_state_label(self.state),
                )
            )
