"""The queries of each step, against the bare ORM that stores the same, with one activation and with many.

Run by dev/bench, which brings a database with the demo companies. Odoo runs in this process; an invoicing
user walks from the first page to the finished renewal, in one copy of the database with no other
activation and in one with a hundred thousand. What is counted is what Odoo does for a click: the call of
the button, its writes to the database and its messages, without the session and without the page that is
read afterwards (dev/bench scale measures the pages).

The floor is the plain ORM, of two kinds of queries:

- stored: the same values, written again. While a step runs, each create, write and unlink is noted at the
  moment at which it leaves the add-on's code for Odoo's. Then all is rolled back, and the same calls are
  made again in sudo mode, in the same order, by that code of Odoo alone, on the same records: with the
  messages of `mail.thread`, the attachments, and what an invoice or the booking of a payment costs in
  Odoo, and without the add-on's overrides.
- read: one query for each table that the step has to read and the writing does not, however often it is
  read. A step must know things to decide: whether it is paid, what the letter says today. They are named.

Beside it stands the lock, one query each time that a row is locked: no plain ORM has it, and without it two
people would do the same at once.

Promise: at most five queries more than the plain ORM for what is stored, and as many with a hundred thousand
activations as with one. A second figure counts reading and locks as part of the floor: it is not the promise,
and tells what of the rest is reading twice. `REASONS` explains; it excuses nothing.
"""

import base64
import contextlib
import functools
import re
import sys
from unittest.mock import patch

import pdf_samples
from kit.row import Row
from records import make_company, make_user
from shared.database import Database
from shared.session import ACTIVATION, REPRESENTATIVE, WIZARD

from odoo.tools import SQL

COMPANIES = 1000
BEFORE = 99  # activations of each company that have ended
ALLOWED_MORE = 5
# What takes more than five even beside the reading and the lock.
REASONS = {
    "verify the payment, which books it": "it asks how far the payment has come three times, from what Odoo "
    "has just changed: before booking, when telling whoever waits, and to answer",
    "finish": "letter, key and certificate are three files; what signs now, what has ended and what is "
    "replaced are three searches",
}
LOGIN = "walker"
MANAGER = "walker's manager"
MODULE = "odoo.addons.l10n_co_certificate_activation."
# What stores; a confirmed payment is booked by Odoo's own method, which is one of its writes here.
STORING = ("create", "write", "unlink", "_post_process")
# Where Odoo's code calls the add-on's, which then stores by itself.
READING = re.compile(r"\s*SELECT\b.*?\bFROM\s+\"?(\w+)\"?", re.DOTALL | re.IGNORECASE)
HOOKS = (("account.move", "_follow_certificate_payment"),)


def copy_values(values):
    """Copy lists and dictionaries, which Odoo changes, and nothing that is in them."""
    if isinstance(values, dict):
        return {name: copy_values(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return type(values)(map(copy_values, values))
    return values


class Recorder:
    """Notes what the add-on asks of Odoo's own classes to store, and asks them for it again.

    A call is noted where it leaves the add-on's classes (`super().write()` of a model of the add-on,
    `write()` of any other), and what Odoo does on its way is its own affair. Where that leads back into
    the add-on, what the add-on asks for there is noted, too, and left out when Odoo is asked again.
    """

    def __init__(self, registry):
        self.calls = None  # a list while it notes
        self.depth = 0  # of calls of Odoo's classes
        self.is_repeating = False
        for base in {base for model in registry.values() for base in model.__mro__}:
            if not base.__module__.startswith("odoo."):
                continue
            for name in STORING:
                # The class of the registry inherits; what is defined is a module's own.
                if name in vars(base):
                    wrap = self.wrap_own if base.__module__.startswith(MODULE) else self.wrap_odoo
                    setattr(base, name, wrap(base, name, vars(base)[name]))
        for model, name in HOOKS:
            base = next(base for base in registry[model].__mro__ if name in vars(base))
            setattr(base, name, self.wrap_hook(vars(base)[name]))

    def wrap_odoo(self, base, name, original):
        @functools.wraps(original)
        def call(records, *args, **kwargs):
            if self.depth == 0 and self.calls is not None:
                self.calls.append((original, records, copy_values(args), kwargs))
            with self.at(self.depth + 1):
                return original(records, *args, **kwargs)

        return call

    def wrap_own(self, base, name, original):
        @functools.wraps(original)
        def call(records, *args, **kwargs):
            if self.depth and name != "create":
                is_own = records._name.startswith(("certificate.activation", "certificate.payment"))
                if self.is_repeating and is_own:
                    return True
                if self.is_repeating:
                    parents = type(records).__mro__
                    return next(
                        vars(parent)[name](records, *args, **kwargs)
                        for parent in parents[parents.index(base) + 1 :]
                        if name in vars(parent) and not parent.__module__.startswith(MODULE)
                    )
                if is_own:
                    with self.at(0):
                        return original(records, *args, **kwargs)
            return original(records, *args, **kwargs)

        return call

    def wrap_hook(self, original):
        @functools.wraps(original)
        def call(records):
            if not self.is_repeating:
                with self.at(0):
                    original(records)

        return call

    @contextlib.contextmanager
    def at(self, depth):
        before, self.depth = self.depth, depth
        try:
            yield
        finally:
            self.depth = before

    @contextlib.contextmanager
    def note(self):
        self.calls = []
        try:
            yield self.calls
        finally:
            self.calls = None

    def repeat(self, calls, env):
        """Ask Odoo's own classes again, each for the same, in sudo mode."""
        self.is_repeating = True
        try:
            for original, records, args, kwargs in calls:
                old = records.env
                trusted = records.with_env(env(user=old.uid, su=True, context=old.context))
                with self.at(1):
                    original(trusted, *copy_values(args), **kwargs)
        finally:
            self.is_repeating = False


class Walk:
    """A user's steps in one copy of the database, each of them measured and then made for good."""

    def __init__(self, database, recorder):
        self.database = database
        self.recorder = recorder
        self.rows = {}  # of a step: queries, those that store, tables that are read, locks

    @contextlib.contextmanager
    def request(self, login=LOGIN):
        """Give an environment as a request has one: nothing is read yet."""
        env = self.database.open()
        try:
            user = env["res.users"].search([("login", "=", login)])
            context = {
                "allowed_company_ids": user.company_id.ids,
                "lang": "es_CO",
                "tz": "America/Bogota",
            }
            env.cr.rollback()
            env.transaction.clear()
            yield env(user=user.id, context=context)
        finally:
            env.cr.close()

    def step(self, name, click, login=LOGIN):
        """Measure a step, then make it.

        :param str name: of the step; None only makes it
        :param click: a function of the environment of a request
        :return: what the click returns
        """
        if name:
            with self.request(login) as env:
                click(env)  # fills the caches of the registry
                env.cr.flush()
                env.cr.rollback()
            sequences = self.database.query(
                "SELECT quote_ident(sequencename), last_value FROM pg_sequences WHERE schemaname = 'public'"
            )
            with self.request(login) as env, self.recorder.note() as calls:
                queries, read, locks = self.count(env, click)
                env.cr.rollback()
                # So that the bare ORM gives its records the numbers that are in the values.
                for sequence, value in sequences:
                    if value is None:
                        env.cr.execute(f"ALTER SEQUENCE {sequence} RESTART")
                    else:
                        env.cr.execute("SELECT setval(%s, %s)", (sequence, value))
                env.cr.commit()
            with self.request(login) as env:
                stored, own, _locks = self.count(
                    env, functools.partial(self.recorder.repeat, calls)
                )
                env.cr.rollback()
            self.rows[name] = queries, stored, sorted(read - own), locks
        with self.request(login) as env:
            result = click(env)
            env.cr.commit()
        return result

    @staticmethod
    def count(env, work):
        """Count the queries of some work, down to its last write.

        :return: how many, the tables that they read, and how many of them lock a row
        """
        read, locks, execute = set(), 0, type(env.cr).execute

        def noting(cursor, query, *args, **kwargs):
            nonlocal locks
            text = query.code if isinstance(query, SQL) else query
            if isinstance(text, str) and (match := READING.match(text)):
                read.add(match[1])
                locks += "FOR UPDATE" in text
            return execute(cursor, query, *args, **kwargs)

        before = env.cr.sql_log_count
        with patch.object(type(env.cr), "execute", noting):
            work(env)
            env.cr.flush()
        return env.cr.sql_log_count - before, read, locks


def make_client(database):
    """Make a company without an activation, with an invoicing user and a manager."""
    env = database.open()
    company = make_company(
        env,
        "Panadería del Parque SAS",
        "800197268-4",
        "Calle 10 # 5-20",
        "Medellín",
        "Antioquia",
        "facturas@panaderia.example.com",
    )
    invoicing = "account.group_account_invoice"
    make_user(env, "Wanda", LOGIN, company, invoicing)
    group = "l10n_co_certificate_activation.group_certificate_manager"
    make_user(env, "Wilma", MANAGER, company, invoicing, group)
    env.cr.commit()
    env.cr.close()


def confirm(env, activation):
    """Let the provider confirm what the activation's invoice asks for, not booked yet."""
    env = env(su=True)
    move = env[ACTIVATION].browse(activation).payment_move_id
    provider = env["payment.provider"].search(
        [("company_id", "=", move.company_id.id), ("state", "=", "test")], limit=1
    )
    env["payment.transaction"].create(
        {
            "provider_id": provider.id,
            "payment_method_id": provider.payment_method_ids[:1].id,
            "amount": move.amount_total,
            "currency_id": move.currency_id.id,
            "partner_id": move.partner_id.id,
            "reference": f"{move.id}-{len(move.transaction_ids)}",
            "operation": "online_direct",
            "is_live": True,
            "invoice_ids": [(6, 0, move.ids)],
        }
    )._set_done()


def walk(database, recorder):
    """Walk through all steps.

    :return: {step: (queries, those of the floor that store, the tables that it reads, locks)}
    """
    make_client(database)
    steps = Walk(database, recorder)
    scan = base64.b64encode(pdf_samples.scan_pdf(2)).decode()

    def open_wizard(env):
        return env[ACTIVATION].action_open_wizard()["res_id"]

    def press(method):
        return lambda env: getattr(env[WIZARD].browse(page), method)()

    def write(values):
        return lambda env: env[WIZARD].browse(page).write(values)

    def get_activation(env):
        return env[WIZARD].browse(page).activation_id.id

    page = steps.step("open, for the first time", open_wizard)
    activation = steps.step(None, get_activation)
    steps.step("open again", open_wizard)
    steps.step("verify a payment that is not there", press("action_verify_payment"))
    steps.step("pay", press("action_pay"))
    steps.step("pay again", press("action_pay"))
    steps.step(None, lambda env: confirm(env, activation))
    steps.step("verify the payment, which books it", press("action_verify_payment"))
    steps.step("verify it again", press("action_verify_payment"))
    steps.step("continue", press("action_continue"))
    steps.step("understand", press("action_understood"))
    steps.step("type the representative", write(REPRESENTATIVE))
    steps.step("save and download the letter", press("action_download_letter"))
    letter = {"signed_letter": scan, "signed_letter_filename": "carta.pdf"}
    steps.step("attach the signed letter", write(letter))
    steps.step("delete it", press("action_delete_signed_letter"))
    steps.step(None, write(letter))
    steps.step("finish", press("action_finish"))
    # Eleven months later.
    database.query(
        "UPDATE certificate_activation SET date_start = date_start - 320, date_end = date_end - 320 "
        "WHERE id = %s",
        (activation,),
    )
    action = steps.step("start the renewal", press("action_renew"))
    page = action["res_id"]
    activation = steps.step(None, get_activation)
    steps.step("cancel", lambda env: env[ACTIVATION].browse(activation).action_cancel(), MANAGER)
    return steps.rows


def main():
    row = Row(__doc__)
    companies = COMPANIES // (10 if row.quick else 1)
    database = Database(row.template)
    recorder = Recorder(database.registry)
    try:
        few = walk(database, recorder)
        database.copy()
        database.fill(companies)
        database.add_ended(BEFORE)
        many = walk(database, recorder)
    finally:
        database.close()
    print(
        f"| step | queries | at {companies * (BEFORE + 1)} | stored | beyond | read | locks | beyond all |"
    )
    print("|---|---|---|---|---|---|---|---|")
    beyond, beyond_all = {}, {}
    for name, (queries, stored, read, locks) in few.items():
        beyond[name] = queries - stored
        beyond_all[name] = beyond[name] - len(read) - locks
        print(
            f"| {name} | {queries} | {many[name][0]} | {stored} | {beyond[name]:+d} | {len(read)} | {locks} | "
            f"{beyond_all[name]:+d} |"
        )
    for name, (_queries, _stored, read, _locks) in few.items():
        print(f"{name} has to read: {', '.join(read) or 'nothing'}")
    for name, reason in REASONS.items():
        print(f"{name}: {reason}.")
    for what, extra in (
        ("the bare ORM's for the same writes", beyond),
        ("those, one for each table that is read, and the locks", beyond_all),
    ):
        over = [name for name, more in extra.items() if more > ALLOWED_MORE]
        row.add(
            f"steps of {len(few)} with more than {ALLOWED_MORE} queries beyond {what}",
            f"{len(over)}; at most {max(extra.values()):+d} ({max(extra, key=extra.get)})",
            0,
            not over,
        )
    grown = [name for name in few if many[name][0] != few[name][0]]
    row.add(
        f"steps with other queries at {companies * (BEFORE + 1)} activations",
        ", ".join(grown) or 0,
        "0",
        not grown,
    )
    return row.finish()


if __name__ == "__main__":
    sys.exit(main())
