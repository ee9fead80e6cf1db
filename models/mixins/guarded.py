from contextlib import contextmanager

from psycopg2.errorcodes import SERIALIZATION_FAILURE
from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError, ConcurrencyError, MissingError, UserError
from odoo.tools import SQL, mute_logger

from ...const import PORTAL_CONTACT
from ..trace.history import TRACKED, record_changes, recording


class CreatedMeanwhile(SerializationFailure, ConcurrencyError):
    """Another transaction was faster: Odoo undoes this one and tries it again.

    It is what PostgreSQL raises of the same kind, because `safe_eval` (every server action, and with
    it every address of the flow) passes nothing else on: of a bare `ConcurrencyError` it makes a
    `ValueError`, which nobody tries again.
    """

    # What Odoo names in its log; PostgreSQL sets it otherwise.
    pgcode = SERIALIZATION_FAILURE


def get_own_defaults(model, names):
    """Return the defaults of the model itself: a user stores others, or sends them in a context.

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
    """A record of which users write some fields and named methods, in sudo mode, write the rest.

    `readonly` keeps nobody from writing a field over RPC, and `onchange` computes, with all rights
    where a field says so, from whatever values it is given: from any invoice, say. Here both take, of
    what is stored, the editable fields only. What the history follows is recorded on the way, whoever
    writes it.
    """

    _name = "certificate.guarded.mixin"
    _description = "Record with Guarded Fields"
    _inherit = ["certificate.input.mixin"]

    # Names of the fields that users may write; set by each model.
    _editable_fields = frozenset()
    # To which states a record never goes back, by the state where it is; set by each model.
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
        """Refuse to go back to a state in which evidence was none yet, not even in sudo mode.

        :raise AccessError: if any of these would
        """
        for record in self.sudo():
            if state in self._no_way_back.get(record.state, ()):
                raise AccessError(self.env._("What is finished cannot go back to an earlier step."))

    def _check_editable(self, vals):
        """Refuse a user's write of what is not the user's.

        :param dict vals: as for `write`
        :raise AccessError: for a record that the user may not write, or a field that is guarded
        """
        # In this order: the access rules say first whose record it is.
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
        """Return this in sudo mode, with nothing of the caller's context that steers a write.

        A context comes from the client: it could give defaults or keep a change out of the history.
        """
        # (The contact of the portal is an object, which no client can send.)
        kept = ("allowed_company_ids", "lang", "tz", "uid", PORTAL_CONTACT)
        context = {name: value for name, value in self.env.context.items() if name in kept}
        return self.with_env(self.env(su=True, context=context))

    def _after_transaction(self, method):
        """Call a method of this, once this transaction has ended, in one of its own.

        An error takes back all that its transaction wrote; what is written here outlives it.

        :param str method: a name; it takes no arguments and finds what was committed
        """
        registry, model, ids = self.env.registry, self._name, self.ids

        def call():
            with registry.cursor() as cr:
                records = api.Environment(cr, SUPERUSER_ID, {})[model].browse(ids).exists()
                getattr(records, method)()

        # Of the two only one is ever called.
        self.env.cr.postcommit.add(call)
        self.env.cr.postrollback.add(call)

    @api.model
    def _create_once(self, vals):
        """Create the one record that a unique index allows, in the name of the user.

        When another tab was faster, Odoo tries the call again, which finds what that tab made.

        :param dict vals: as for `create`
        :return: the record, in the environment of the caller
        :raise CreatedMeanwhile: when it was
        """
        try:
            # Without a savepoint: what is tried again begins anew.
            with mute_logger("odoo.sql_db"):
                record = self._trusted().create(vals).with_env(self.env)
                # What changes later in this transaction is a change, and stands in the history.
                self.env.cr.flush()
                return record
        except UniqueViolation as error:
            raise CreatedMeanwhile(f"{self._name} was created meanwhile.") from error

    def onchange(self, values, field_names, fields_spec):
        if not self.env.su:
            # What is computed passes: from it Odoo tells what has changed on the user's screen.
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
        """Check the user, wait for whoever is changing this record, and read it anew.

        When someone did change it meanwhile PostgreSQL refuses the lock, Odoo tries the call again
        and the call finds what the winner left.
        """
        self.ensure_one()
        self._check_group(group)
        self._lock_row()
        self._check_user(group)

    def _lock_row(self):
        """Wait for whoever is changing this record, and forget what was read of it before.

        The access rules are part of the query that locks, and what is read of the row is, too: nobody
        holds up what that user may not see, and nothing has to be read twice.

        :raise AccessError: if the user may not read it
        """
        self.flush_recordset()
        self.invalidate_recordset()
        query = self._search([("id", "=", self.id or 0)], active_test=False)
        # Odoo's own reading of what was found, with the lock behind it.
        select, lock = query.select, SQL("FOR UPDATE OF %s", SQL.identifier(self._table))
        query.select = lambda *columns: SQL("%s %s", select(*columns), lock)
        if not self._fetch_query(query, self._determine_fields_to_fetch()):
            self.check_access("read")
            raise MissingError(self.env._("This record does not exist any more. Reload the page."))

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
