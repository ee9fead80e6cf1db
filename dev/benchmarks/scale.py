"""Every screen with a thousand activations and with a hundred thousand, and against a bare model.

Run by dev/bench, which brings a database with the demo companies. This works on a copy of it, filled by
SQL: a thousand companies with an active certificate each, and then the ninety-nine before it. What the
first page and the form show is paid, by invoices and transfers that Odoo itself has booked.

The bare model is defined here, in this process alone: a table with as many rows as the screen's own, and
for each field that the web client asks for a stored column of the same type with the same value, or with
what a computed field gives. The same user reads it, by an access right and a rule for the companies as the
add-on's models have. It has no mixins and computes nothing: the days that are left, the payment, the
sentences of a form are for the add-on's screens alone to pay, and so are fields of many records (messages,
activities, receipts), which it has not. The page of the six steps is compared with the form of its record.

CPU is that of Odoo and that of PostgreSQL for the connection that reads: what a screen leaves to the database
is paid as well. PostgreSQL's is counted in hundredths of a second, so each screen is opened several times between
two readings.

Promise: as many queries at a hundred thousand as at a thousand, at most 1.3 times the CPU; and beside the bare
model what `COMPARED` says.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

from kit.row import Row, spread
from shared.database import COMPANIES_OF_A_USER, Database

COMPANIES = 1000
BEFORE = 99  # activations of each company that have ended
PAGE = 80  # what a list shows at first
TIMES = 7
ROUNDS = 8  # in which a screen is opened between two readings of the clock
ALLOWED_RATIO = 1.3

ACTIVATION = "certificate.activation"
BOARD = "certificate.board"
WIZARD = "certificate.activation.wizard"
# What is compared with a bare model: the view that it corresponds to, and how many times its CPU are allowed.
COMPARED = {
    "list of activations": ("list", 1.3),
    "form of an activation": ("form", 2),
    "six steps": ("form", 1.3),
    "board": ("list", 1.6),
}


# What this widget of a list asks for, too.
OF_LIST_ACTIVITY = ("activity_state", "activity_summary", "activity_type_icon", "activity_type_id")


def get_spec(env, model, view):
    """Return what the web client asks of a model for one of its views: {field: {}}."""
    info = env[model].get_view(view_type=view)
    names = [name for name in info["models"][model] if name in env[model]._fields]
    if 'widget="list_activity"' in info["arch"]:
        names += OF_LIST_ACTIVITY
    return {
        name: {"fields": {"display_name": {}}} if env[model]._fields[name].relational else {}
        for name in names
    }


def pay_page(database, login, count):
    """Let the activations of a user's first page, and the one of the form, be paid: by an invoice and a transfer each.

    :param int count: how many of the page
    """
    env = database.open()
    user = env["res.users"].search([("login", "=", login)])
    mine = [("company_id", "in", user.company_ids.ids)]
    activations = env[ACTIVATION].search(mine, limit=count)
    activations |= env[ACTIVATION].search([*mine, ("state", "=", "active")], limit=1)
    seller = env.company.certificate_seller_id
    moves = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "company_id": seller.id,
                "partner_id": activation.company_id.partner_id.id,
                "invoice_line_ids": [(0, 0, {"product_id": seller.certificate_product_id.id})],
            }
            for activation in activations
        ]
    )
    moves.action_post()
    env["account.payment.register"].with_context(
        active_model=moves._name, active_ids=moves.ids
    ).create({"group_payment": False})._create_payments()
    for activation, move in zip(activations, moves, strict=True):
        activation.payment_move_id = move
    env.cr.commit()
    assert set(activations.mapped("payment_status")) == {"paid"}
    env.cr.close()
    database.vacuum()


def get_screens(env):
    """Return each screen as a function of the environment: {name: function}."""
    activations, specs = env[ACTIVATION], {}
    for model, view in (
        (ACTIVATION, "list"),
        (ACTIVATION, "form"),
        (WIZARD, "form"),
        (BOARD, "list"),
    ):
        specs[model, view] = get_spec(env, model, view)
    newest = activations.search([("state", "=", "active")], limit=1).ids

    def open_wizard(env):
        action = env[ACTIVATION].action_open_wizard()
        env[WIZARD].browse(action["res_id"]).web_read(specs[WIZARD, "form"])

    return {
        "list of activations": lambda env: env[ACTIVATION].web_search_read(
            [], specs[ACTIVATION, "list"], limit=PAGE
        ),
        "list, grouped by company": lambda env: env[ACTIVATION].formatted_read_group(
            [], ["company_id"], ["__count"]
        ),
        "form of an activation": lambda env: (
            env[ACTIVATION].browse(newest).web_read(specs[ACTIVATION, "form"])
        ),
        "six steps": lambda env: env["electronic.invoicing.setup"].get_overview(),
        "three steps": open_wizard,
        "board": lambda env: env[BOARD].web_search_read([], specs[BOARD, "list"], limit=PAGE),
        "which one signs": lambda env: env.company._get_active_certificate_activation().id,
    }


class Bare:
    """A plain model with the columns of a screen, filled with what the screen shows."""

    def __init__(self, env, name, records, spec):
        """
        :param records: of the add-on's model, which are copied
        :param dict spec: the fields that the web client asks for
        """
        from odoo import fields, models
        from odoo.orm.model_classes import add_to_registry

        kept = {
            field: records._fields[field]
            for field in spec
            if records._fields[field].type not in ("one2many", "many2many", "binary", "reference")
            and field not in ("id", "display_name")
        }
        definition = {"_name": name, "_description": name, "_auto": False, "_log_access": False}
        definition |= {"_module": "base", "__module__": "odoo.addons.base.models.bench"}
        for field, original in kept.items():
            kind = type(original)
            options = {"string": field}
            if original.type == "many2one":
                options["comodel_name"] = original.comodel_name
            elif original.type == "selection":
                options["selection"] = original._description_selection(env)
            elif original.type == "monetary":
                kind = fields.Float
            definition[field] = kind(**options)
        model = type(models.Model)("Bare", (models.Model,), definition)
        add_to_registry(env.registry, model)
        env.registry._setup_models__(env.cr, [name])
        self.name, self.spec = name, {field: spec[field] for field in kept}
        self.fill(env(su=True), records, list(kept))
        self.allow(env(su=True))

    def allow(self, env):
        """Give users an access right, and the rule of the companies."""
        env.cr.execute(
            "INSERT INTO ir_model (model, name, state, \"order\") VALUES (%s, %s, 'base', 'id')",
            [self.name, json.dumps({"en_US": self.name})],
        )
        env.registry.clear_cache("stable")
        env.registry.clear_cache()
        model = env["ir.model"].search([("model", "=", self.name)])
        env["ir.model.access"].create(
            {
                "name": self.name,
                "model_id": model.id,
                "group_id": env.ref("base.group_user").id,
                "perm_read": True,
            }
        )
        if "company_id" in self.spec:
            env["ir.rule"].create(
                {
                    "name": self.name,
                    "model_id": model.id,
                    "domain_force": "[('company_id', 'in', company_ids)]",
                }
            )

    def fill(self, env, records, names):
        bare = env[self.name]
        types = ", ".join(f'"{name}" {bare._fields[name].column_type[1]}' for name in names)
        env.cr.execute(f'CREATE TABLE "{bare._table}" (id serial PRIMARY KEY, {types})')
        rows = [
            tuple(bare._fields[name].convert_to_column(row[name], bare) for name in names)
            for row in records.read(names, load=None)
        ]
        columns = ", ".join(f'"{name}"' for name in names)
        insert = f'INSERT INTO "{bare._table}" ({columns})'
        env.cr.execute_values(f"{insert} VALUES %s", rows)
        # What stands on the first page, again and again.
        count = records.sudo().with_context(active_test=False).search_count([])
        env.cr.execute(
            f'{insert} SELECT {columns} FROM "{bare._table}", generate_series(2, %s)',
            [max(count // len(rows), 1)],
        )

    def show_list(self, env):
        return env[self.name].web_search_read([], self.spec, limit=PAGE)

    def show_form(self, env):
        return env[self.name].browse(1).web_read(self.spec)


def measure(database, login, make_screens):
    """Open every screen some times, each in a transaction of its own.

    :param make_screens: a function of the environment
    :return: {screen: (queries, milliseconds of CPU of Odoo and of PostgreSQL each time, all milliseconds each
        time)}
    """
    environment = database.open()
    user = environment["res.users"].search([("login", "=", login)])
    context = {"allowed_company_ids": user.company_ids.ids, "lang": "es_CO", "tz": "America/Bogota"}
    screens = make_screens(environment(user=user.id, context=context))
    environment.cr.commit()
    figures = {name: ([], [], []) for name in screens}
    # In turns, so that whatever else the machine does disturbs all alike.
    for _time in range(TIMES):
        for name, show in screens.items():
            queries, cpu, wall = 0, -read_backend(environment.cr), 0
            for _round in range(ROUNDS):
                environment.cr.rollback()
                environment.transaction.clear()
                env = environment(user=user.id, context=context)
                before = env.cr.sql_log_count
                started, used = time.perf_counter(), time.process_time()
                show(env)
                env.flush_all()
                cpu += time.process_time() - used
                wall += time.perf_counter() - started
                queries = env.cr.sql_log_count - before
            cpu += read_backend(environment.cr)
            for figure, value in zip(
                figures[name], (queries, 1000 * cpu / ROUNDS, 1000 * wall / ROUNDS), strict=True
            ):
                figure.append(value)
    environment.cr.rollback()
    environment.cr.close()
    # The first time fills the caches of the registry.
    return {
        name: (queries[-1], cpu[1:], wall[1:]) for name, (queries, cpu, wall) in figures.items()
    }


def read_backend(cr):
    """Read the seconds of CPU that PostgreSQL's process of a connection has taken."""
    stat = Path(f"/proc/{cr._cnx.info.backend_pid}/stat").read_text()
    # User and system time: fields 14 and 15, of which two stand before the bracket.
    return sum(map(int, stat.rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")


def get_compared(env):
    """Return the screens with a bare one beside each: {name: function}."""
    screens = get_screens(env)
    shown = {name: screens[name] for name in COMPARED}
    setup = env["electronic.invoicing.setup"]._get_for_company()
    records = {
        "list of activations": env[ACTIVATION].search([], limit=PAGE),
        "form of an activation": env[ACTIVATION].search([("state", "=", "active")], limit=1),
        "six steps": setup,
        "board": env[BOARD].search([], limit=PAGE),
    }
    for number, (name, (kind, _allowed)) in enumerate(COMPARED.items()):
        spec = get_spec(env, records[name]._name, kind)
        bare = Bare(env, f"bench.bare{number}", records[name], spec)
        shown[f"bare {name}"] = bare.show_list if kind == "list" else bare.show_form
    return shown


def main():
    row = Row(__doc__, quick="a tenth of everything")
    share = 10 if row.quick else 1
    companies, paid = COMPANIES // share, PAGE // share
    database = Database(row.template)
    try:
        login = "bench0"
        database.fill(companies)
        pay_page(database, login, paid)
        few = measure(database, login, get_screens)
        database.add_ended(BEFORE)
        pay_page(database, login, paid)
        many = measure(database, login, get_screens)
        compared = measure(database, login, get_compared)
    finally:
        database.close()
    count = companies * (BEFORE + 1)
    print(
        f"| a user of {min(companies, COMPANIES_OF_A_USER) + 1} companies | queries at {companies} | "
        f"at {count} | ms at {companies} (CPU of both) | at {count} | ratio |"
    )
    print("|---|---|---|---|---|---|")
    ratios = {}
    for name, (queries, cpu, wall) in few.items():
        more_queries, more_cpu, more_wall = many[name]
        ratios[name] = statistics.median(more_cpu) / statistics.median(cpu)
        print(
            f"| {name} | {queries} | {more_queries} | {spread(wall, 1)} ({spread(cpu, 1)}) | "
            f"{spread(more_wall, 1)} ({spread(more_cpu, 1)}) | {ratios[name]:.2f} |"
        )
    grown = [name for name in few if many[name][0] > few[name][0]]
    row.add(
        f"screens with more queries at {count} activations than at {companies}",
        ", ".join(grown) or f"0 of {len(few)}",
        0,
        not grown,
    )
    worst = max(ratios, key=ratios.get)
    row.add(
        f"CPU of a screen at {count} activations, against {companies}",
        f"{min(ratios.values()):.2f} to {ratios[worst]:.2f} x",
        f"{ALLOWED_RATIO} x",
        ratios[worst] <= ALLOWED_RATIO,
    )
    print(f"\n| at {count} | ms of CPU | bare model | ratio |")
    print("|---|---|---|---|")
    for name, (_kind, allowed) in COMPARED.items():
        cpu, bare = compared[name][1], compared[f"bare {name}"][1]
        ratio = statistics.median(cpu) / statistics.median(bare)
        print(f"| {name} | {spread(cpu, 1)} | {spread(bare, 1)} | {ratio:.2f} |")
        row.add(
            f"CPU of the {name} at {count} activations, against a bare model",
            f"{ratio:.2f} x ({statistics.median(cpu):.1f} ms)",
            f"{allowed} x",
            ratio <= allowed,
        )
    return row.finish()


if __name__ == "__main__":
    sys.exit(main())
