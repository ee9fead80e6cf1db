"""What those pay who do not use the add-on: queries and CPU of Odoo's own work, without and beside it.

Three databases: Odoo with what the add-on depends on; a copy in which the add-on is installed and nobody uses it;
and a copy of that in which other companies sell, buy and sign, and the company that is measured does not. In each,
the same work is done by turns, each time in a transaction of its own that is taken back. CPU is that of Python and
of PostgreSQL's process together, so that neither can hide what it does.

Promise: not one query more, and at most 1.02 times the CPU.
"""

import gc
import os
import shutil
import statistics
import sys
import time
from pathlib import Path

import psycopg2
from kit.row import Row
from lxml import etree

MODULE = "l10n_co_certificate_activation"
ROUNDS = 15
MOST = 1.02  # times the CPU
BUNDLES = ("web.assets_backend", "web.assets_frontend")
BIG = 20 * 1024**2
# In the third, others are the demo companies, each as far as its story has come.
BARE, UNUSED, BESIDE = "bare", "unused", "beside"


class Work:
    """One piece of Odoo's own work: `prepare` is not measured, `do` is."""

    def __init__(self, name, do, prepare=None, rounds=1.0):
        self.name, self.do = name, do
        self.prepare = prepare or (lambda env: None)
        self.rounds = rounds


def _make_invoice(env, post=False):
    move = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": env["res.partner"].search([("ref", "=", "citizen")], limit=1).id,
            "invoice_line_ids": [(0, 0, {"name": "Asesoría", "quantity": 2, "price_unit": 150000})],
        }
    )
    if post:
        move.action_post()
    return move


def _pay(move):
    wizard = move.env["account.payment.register"].with_context(
        active_model="account.move", active_ids=move.ids
    )
    wizard.create({})._create_payments()
    return move


def _unreconcile(move):
    move.line_ids.remove_move_reconcile()


def _find_journal(env, kind):
    domain = [("type", "=", kind), ("company_id", "=", env.company.id)]
    return env["account.journal"].search(domain, limit=1)


def _get_spec(env, model, view):
    """Return what the browser asks of a form, by the same reading of the view as Odoo's tests."""
    from odoo.tests.form import Form

    form = object.__new__(Form)
    views = env[model].get_views([(env.ref(view).id, "form")])
    object.__setattr__(form, "_models_info", views["models"])
    object.__setattr__(form, "_env", env)
    tree = etree.fromstring(views["views"]["form"]["arch"])
    return form._process_view(tree, env[model])["fields_spec"]


def _open_form(model, view, find):
    """Return how a form is opened: what is read, and of which record."""

    def prepare(env):
        return find(env), _get_spec(env, model, view)

    def do(_env, prepared):
        record, spec = prepared
        record.web_read(spec)

    return do, prepare


def _start_invoice(env, spec):
    env["account.move"].with_context(default_move_type="out_invoice").onchange({}, [], spec)


def _attach(env, content, name="acta.bin"):
    return env["ir.attachment"].create({"name": name, "raw": content})


def list_works():
    """List what everybody does who keeps books.

    :rtype: list[Work]
    """
    big = os.urandom(BIG)
    contact = {"name": "Ferretería Norte SAS", "vat": "900123456-8", "email": "f@example.com"}

    def get_customer(env):
        return env["res.partner"].search([("ref", "=", "citizen")], limit=1)

    def form(name, model, view, find):
        do, prepare = _open_form(model, view, find)
        return Work(name, do, prepare)

    return [
        Work("create an invoice", lambda env, _found: _make_invoice(env)),
        Work("post it", lambda _env, move: move.action_post(), _make_invoice),
        Work("pay it", lambda _env, move: _pay(move), lambda env: _make_invoice(env, True)),
        Work(
            "unreconcile it",
            lambda _env, move: _unreconcile(move),
            lambda env: _pay(_make_invoice(env, True)),
        ),
        Work(
            "reset it to draft",
            lambda _env, move: move.button_draft(),
            lambda env: _make_invoice(env, True),
        ),
        form(
            "open an invoice",
            "account.move",
            "account.view_move_form",
            lambda env: _make_invoice(env, True),
        ),
        Work(
            "start an invoice",
            _start_invoice,
            lambda env: _get_spec(env, "account.move", "account.view_move_form"),
        ),
        form("open a company", "res.company", "base.view_company_form", lambda env: env.company),
        form(
            "open a sales journal",
            "account.journal",
            "account.view_account_journal_form",
            lambda env: _find_journal(env, "sale"),
        ),
        form(
            "open a bank journal",
            "account.journal",
            "account.view_account_journal_form",
            lambda env: _find_journal(env, "bank"),
        ),
        Work("create a contact", lambda env, _found: env["res.partner"].create(dict(contact))),
        Work(
            "write a contact",
            lambda _env, partner: partner.write(
                {"name": "Ferretería Sur SAS", "email": "sur@example.com", "street": "Calle 1"}
            ),
            get_customer,
        ),
        Work(
            "write a contact's NIT",
            lambda _env, partner: partner.write({"vat": "800197268-4"}),
            get_customer,
        ),
        Work("read a company", lambda _env, company: company.name, lambda env: env.company, 3),
        Work(
            "write an attachment",
            lambda _env, file: file.write({"name": "otra.bin", "description": "Acta"}),
            lambda env: _attach(env, b"acta"),
            3,
        ),
        Work("attach 20 MB", lambda env, _found: _attach(env, big), rounds=0.7),
        Work(
            "attach 1 MB of text",
            lambda env, _found: _attach(env, b"Acta de la asamblea.\n" * 50000, "acta.txt"),
        ),
    ]


class Databases:
    """The three databases, with Odoo on each of them in this process."""

    def __init__(self, bare, prefix):
        from odoo.tools import config

        self.names = {key: f"{prefix}_citizen_{key}" for key in (BARE, UNUSED, BESIDE)}
        self.server = psycopg2.connect(dbname="postgres")
        self.server.autocommit = True
        config.parse_config(["--max-cron-threads", "0", "--log-level", "critical"])
        self.files = Path(config.filestore(bare)).parent
        self.registries = {}
        self._copy(bare, BARE)
        self._use(BARE, _prepare)
        self._copy(self.names[BARE], UNUSED)
        self._install()
        self._copy(self.names[UNUSED], BESIDE)
        self._use(BESIDE, _tell_stories)
        for name in self.names.values():
            connection = psycopg2.connect(dbname=name)
            connection.autocommit = True
            connection.cursor().execute("VACUUM ANALYZE")
            connection.close()

    def _execute(self, sql):
        with self.server.cursor() as cursor:
            cursor.execute(sql)

    def _copy(self, source, key):
        import odoo.sql_db

        odoo.sql_db.close_all()
        self._drop(key)
        self._execute(f'CREATE DATABASE "{self.names[key]}" TEMPLATE "{source}"')
        files = self.files / self.names[key]
        shutil.copytree(self.files / source, files, copy_function=os.link, dirs_exist_ok=True)

    def _drop(self, key):
        self._execute(f'DROP DATABASE IF EXISTS "{self.names[key]}" WITH (FORCE)')
        shutil.rmtree(self.files / self.names[key], ignore_errors=True)

    def _install(self):
        from odoo.modules.registry import Registry

        Registry.new(self.names[UNUSED], update_module=True, install_modules=[MODULE])
        Registry.delete(self.names[UNUSED])

    def _use(self, key, work):
        env = self.open(key)
        work(env)
        env.cr.commit()
        env.cr.close()

    def open(self, key):
        """Return an environment as a request has one, of the administrator in the company that is measured."""
        import odoo.api
        from odoo.modules.registry import Registry

        name = self.names[key]
        if key not in self.registries:
            self.registries[key] = Registry(name)
        env = odoo.api.Environment(self.registries[key].cursor(), 1, {})
        user = env.ref("base.user_admin")
        company = env["res.company"].search([("name", "=", "Ciudadana SAS")]) or user.company_id
        context = {"allowed_company_ids": company.ids, "lang": "en_US", "tz": "America/Bogota"}
        env.transaction.clear()
        return env(user=user.id, context=context)

    def close(self):
        import odoo.sql_db

        odoo.sql_db.close_all()
        for key in self.names:
            self._drop(key)


def _prepare(env):
    """Make the company that is measured: a Colombian one with a chart of accounts, and a customer."""
    country = env.ref("base.co")
    company = env["res.company"].create(
        {
            "name": "Ciudadana SAS",
            "country_id": country.id,
            "vat": "901555111-1",
            "currency_id": env.ref("base.COP").id,
        }
    )
    user = env.ref("base.user_admin")
    user.write({"company_ids": [(4, company.id)], "company_id": company.id})
    env["account.chart.template"].with_company(company).try_loading(
        "co", company, install_demo=False
    )
    env["res.partner"].create(
        {"name": "Cliente", "ref": "citizen", "country_id": country.id, "email": "c@example.com"}
    )


def _tell_stories(env):
    env = env(user=1, context={})
    env["certificate.demo"]._make_companies()
    env["certificate.demo"]._tell_story()


def _read_process(pid):
    """Return the CPU of a process, in seconds, to the nanosecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def measure(databases, key, work):
    """Do a piece of work once.

    :return: its queries, and its CPU in milliseconds
    :rtype: tuple[int, float]
    """
    env = databases.open(key)
    try:
        env.cr.execute("SELECT pg_backend_pid()")
        (pid,) = env.cr.fetchone()
        found = work.prepare(env)
        env.cr.flush()
        # As in a request of its own.
        env.invalidate_all()
        env.cr.cache.clear()
        gc.collect()
        gc.disable()
        queries, served, started = (
            env.cr.sql_log_count,
            _read_process(pid),
            time.process_time(),
        )
        work.do(env, found)
        env.cr.flush()
        cpu = time.process_time() - started + _read_process(pid) - served
        return env.cr.sql_log_count - queries, cpu * 1000
    finally:
        gc.enable()
        env.cr.rollback()
        env.cr.close()


def measure_bundles(databases):
    """Return the bytes of each bundle in each database.

    :rtype: dict[tuple[str, str], int]
    """
    sizes = {}
    for key in (BARE, UNUSED):
        env = databases.open(key)
        for name in BUNDLES:
            bundle = env["ir.qweb"]._get_asset_bundle(name, css=True, js=True)
            files = bundle.js() + bundle.css()
            sizes[key, name] = sum(len(file.raw) for file in files)
        env.cr.rollback()
        env.cr.close()
    return sizes


def main():
    row = Row(__doc__)
    wanted = os.environ.get("CITIZEN_WORK", "")
    databases = Databases(os.environ["BARE"], row.template)
    try:
        print("| work | queries | unused | beside | CPU, ms | unused | beside |")
        print("|---|---|---|---|---|---|---|")
        more, slower = {}, {}
        for work in list_works():
            if wanted not in work.name:
                continue
            rounds = 2 if row.quick else max(round(ROUNDS * work.rounds), 5)
            queries, cpu = {}, {key: [] for key in databases.names}
            for number in range(-2, rounds):
                keys = list(databases.names)
                for key in keys if number % 2 else reversed(keys):
                    count, seconds = measure(databases, key, work)
                    queries[key] = count
                    if number >= 0:  # the first ones fill the caches
                        cpu[key].append(seconds)
            medians = {key: statistics.median(values) for key, values in cpu.items()}
            ratios = {key: medians[key] / medians[BARE] for key in (UNUSED, BESIDE)}
            extra = {key: queries[key] - queries[BARE] for key in (UNUSED, BESIDE)}
            more |= {(work.name, key): value for key, value in extra.items()}
            slower |= {(work.name, key): value for key, value in ratios.items()}
            print(
                f"| {work.name} | {queries[BARE]} | {extra[UNUSED]:+d} | {extra[BESIDE]:+d} |"
                f" {medians[BARE]:.2f} | x {ratios[UNUSED]:.3f} | x {ratios[BESIDE]:.3f} |",
                flush=True,
            )
        for key, whose in ((UNUSED, "where nobody uses it"), (BESIDE, "where others use it")):
            worst = max((pair for pair in more if pair[1] == key), key=more.get)
            row.add(
                f"queries more, {whose} ({worst[0]})",
                f"{more[worst]:+d}",
                "+0",
                all(value <= 0 for pair, value in more.items() if pair[1] == key),
            )
            worst = max((pair for pair in slower if pair[1] == key), key=slower.get)
            row.add(
                f"CPU, {whose} ({worst[0]})",
                f"{slower[worst]:.2f} x",
                f"{MOST} x",
                slower[worst] <= MOST,
            )
        if not wanted:
            sizes = measure_bundles(databases)
            for name in BUNDLES:
                size = (sizes[UNUSED, name] - sizes[BARE, name]) / 1000
                print(f"{name}: {sizes[BARE, name] / 1000:.1f} kB, {size:+.1f} kB")
                row.add(f"{name} beside Odoo's own", f"{size:+.1f} kB", "20 kB", size <= 20)
    finally:
        databases.close()
    return row.finish()


if __name__ == "__main__":
    sys.exit(main())
