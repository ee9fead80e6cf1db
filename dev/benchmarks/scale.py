"""Every screen with a thousand activations and with a hundred thousand: the same queries, the same time.

Run by dev/bench, which brings a database with the demo companies. This works on a copy of it, filled by
SQL: a thousand companies with an active certificate each, and then the ninety-nine before it.
"""

import argparse
import json
import statistics
import sys
import time

from expiry import COMPANIES_OF_A_USER, Database

COMPANIES = 1000
BEFORE = 99  # activations of each company that have ended
TIMES = 9
ALLOWED_RATIO = 1.3

ACTIVATION = "certificate.activation"
BOARD = "certificate.board"
WIZARD = "certificate.activation.wizard"

ADD = """
INSERT INTO certificate_activation (name, company_id, route, state, date_start, date_end,
                                    create_uid, write_uid, create_date, write_date)
SELECT 'BENCH/' || company_id || '/' || year, company_id, 'loan', 'expired', date_start - 365 * year,
       date_end - 365 * year, create_uid, write_uid, now(), now()
FROM certificate_activation, generate_series(1, %s) AS year
WHERE name LIKE 'BENCH/%%'
"""


def get_spec(env, model, view):
    """Return what the web client asks of a model for one of its views: {field: {}}."""
    info = env[model].get_view(view_type=view)
    return {
        name: {"fields": {"display_name": {}}} if env[model]._fields[name].relational else {}
        for name in info["models"][model]
        if name in env[model]._fields
    }


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
            [], specs[ACTIVATION, "list"], limit=80
        ),
        "list, grouped by company": lambda env: env[ACTIVATION].formatted_read_group(
            [], ["company_id"], ["__count"]
        ),
        "form of an activation": lambda env: (
            env[ACTIVATION].browse(newest).web_read(specs[ACTIVATION, "form"])
        ),
        "six steps": lambda env: env["electronic.invoicing.setup"].get_overview(),
        "three steps": open_wizard,
        "board": lambda env: env[BOARD].web_search_read([], specs[BOARD, "list"], limit=80),
        "which one signs": lambda env: env.company._get_active_certificate_activation().id,
    }


def measure(database, login):
    """Open every screen some times, each in a transaction of its own.

    :return: {screen: (queries, median of the milliseconds of CPU of Odoo, of all milliseconds)}
    """
    figures = {}
    environment = database.open()
    user = environment["res.users"].search([("login", "=", login)])
    context = {"allowed_company_ids": user.company_ids.ids, "lang": "es_CO", "tz": "America/Bogota"}
    screens = get_screens(environment(user=user.id, context=context))
    environment.cr.rollback()
    for name, show in screens.items():
        queries, cpu, wall = [], [], []
        for _time in range(TIMES):
            environment.cr.rollback()
            environment.clear()
            env = environment(user=user.id, context=context)
            before = env.cr.sql_log_count
            started, used = time.perf_counter(), time.process_time()
            show(env)
            env.flush_all()
            cpu.append(1000 * (time.process_time() - used))
            wall.append(1000 * (time.perf_counter() - started))
            queries.append(env.cr.sql_log_count - before)
        # The first time fills the caches of the registry.
        figures[name] = queries[-1], statistics.median(cpu[1:]), statistics.median(wall[1:])
    environment.cr.rollback()
    environment.cr.close()
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--url", required=True)
    parser.add_argument("--database", required=True)
    options = parser.parse_args()
    companies = COMPANIES // (10 if options.quick else 1)
    database = Database(options.database, companies, 0)
    try:
        login = "bench0"
        few = measure(database, login)
        database.query(ADD, (BEFORE,))
        database.vacuum()
        many = measure(database, login)
    finally:
        database.close()
    print(
        f"| a user of {min(companies, COMPANIES_OF_A_USER) + 1} companies | queries at {companies} | "
        f"at {companies * (BEFORE + 1)} | ms at {companies} (CPU of Odoo) | at {companies * (BEFORE + 1)} | ratio |"
    )
    print("|---|---|---|---|---|---|")
    broken = []
    for name, (queries, cpu, wall) in few.items():
        more_queries, more_cpu, more_wall = many[name]
        ratio = more_cpu / cpu
        print(
            f"| {name} | {queries} | {more_queries} | {wall:.1f} ({cpu:.1f}) | "
            f"{more_wall:.1f} ({more_cpu:.1f}) | {ratio:.2f} |"
        )
        if more_queries > queries:
            broken.append(f"{name}: {more_queries} queries instead of {queries}")
        if ratio > ALLOWED_RATIO:
            broken.append(f"{name}: {ratio:.2f} x the CPU")
    print(json.dumps({"broken": broken}))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
