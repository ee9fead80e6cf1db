"""The daily cron: killed a hundred times nobody is missed or told twice, and it costs what its rows cost.

Run by dev/bench, which brings a database with the demo companies. This works on a copy of it, filled
by SQL with companies whose certificates are active. Odoo runs in this process; each run of the cron is
a process of its own, forked from it, so that it can be killed at any point.
"""

import argparse
import json
import os
import random
import signal
import statistics
import sys
import time

import psycopg2

SEED = 20260131
COMPANIES_OF_A_USER = 100
ALLOWED_RATIO = 1.5
GOAL_MS = 1.5  # for a reminder

FILL = """
WITH today AS (SELECT (now() AT TIME ZONE 'America/Bogota')::date AS today),
numbers AS (SELECT generate_series(1, %(count)s) AS number),
partner AS (
    INSERT INTO res_partner (name, complete_name, email, lang, active, is_company, type, autopost_bills,
                             create_date, write_date)
    SELECT 'Empresa ' || number, 'Empresa ' || number, 'empresa' || number || '@example.com',
           CASE number %% 2 WHEN 0 THEN 'es_CO' ELSE 'en_US' END, true, true, 'contact', 'ask',
           now(), now()
    FROM numbers RETURNING id, name
),
company AS (
    INSERT INTO res_company ({columns}, name, partner_id)
    SELECT {values}, partner.name, partner.id
    FROM partner, res_company model WHERE model.id = %(model)s
    RETURNING id, name
),
numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS number FROM company),
link AS (
    INSERT INTO res_company_users_rel (cid, user_id)
    SELECT id, (%(users)s)[1 + (number - 1) / %(each)s] FROM numbered
)
INSERT INTO certificate_activation (name, company_id, route, state, date_start, date_end,
                                    create_uid, write_uid, create_date, write_date)
SELECT 'BENCH/' || number, id, 'loan', 'active', today - 300,
       -- The first ones come to a rung today, the others are far from it.
       CASE WHEN number <= %(due)s THEN today + (ARRAY[90, 60, 30, 15, 7, 1])[1 + number %% 6]
            ELSE today + 100 + (number %% 200)::int END,
       (%(users)s)[1 + (number - 1) / %(each)s], 1, now(), now()
FROM numbered, today
"""


class Database:
    """A copy of the demo database with many active certificates, and Odoo on it."""

    def __init__(self, template, count, due):
        self.name = f"{template}_expiry"
        self.due = due
        self.server = psycopg2.connect(dbname="postgres")
        self.server.autocommit = True
        self.drop()
        self.copy(template)
        import odoo.modules.registry
        from odoo.tools import config

        config.parse_config(["-d", self.name, "--max-cron-threads", "0", "--log-level", "critical"])
        self.registry = odoo.modules.registry.Registry(self.name)
        self.fill(count)

    def copy(self, template):
        for _try in range(50):
            # The server's idle connections would be in the way; it makes new ones.
            self.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                template,
            )
            try:
                return self.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{template}"')
            except psycopg2.errors.ObjectInUse:
                time.sleep(0.2)
        raise RuntimeError("the server does not leave the database alone")

    def drop(self):
        self.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def execute(self, sql, *params):
        with self.server.cursor() as cursor:
            cursor.execute(sql, params)

    def close(self):
        self.leave()
        self.drop()

    def leave(self):
        """Close all connections, which a forked process must not share."""
        import odoo.sql_db

        odoo.sql_db.close_all()

    def open(self):
        """Return an environment with a cursor of its own: of nobody in particular."""
        import odoo.api

        return odoo.api.Environment(self.registry.cursor(), 1, {})

    def query(self, sql, params=None):
        with psycopg2.connect(dbname=self.name) as connection, connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall() if cursor.description else None

    def fill(self, count):
        """Insert companies with users and active certificates: a hundred companies have one user."""
        env = self.open()
        group = env.ref("l10n_co_certificate_activation.group_certificate_manager")
        model = env["res.users"].search([("login", "=", "flor")]).company_id
        users = (
            env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                [
                    {
                        "name": f"User {number}",
                        "login": f"bench{number}",
                        "email": f"bench{number}@example.com",
                        "lang": ("en_US", "es_CO")[number % 2],
                        "company_id": model.id,
                        "company_ids": [(6, 0, model.ids)],
                        "group_ids": [(6, 0, group.ids)],
                    }
                    for number in range(-(-count // COMPANIES_OF_A_USER))
                ]
            )
        )
        env.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND table_name = 'res_company' AND column_name NOT IN ('id', 'name', 'partner_id')"
        )
        columns = [row[0] for row in env.cr.fetchall()]
        sql = FILL.format(
            columns=", ".join(f'"{name}"' for name in columns),
            values=", ".join(f'model."{name}"' for name in columns),
        )
        env.cr.execute(
            sql,
            {
                "count": count,
                "due": self.due,
                "model": model.id,
                "users": users.ids,
                "each": COMPANIES_OF_A_USER,
            },
        )
        # Whoever lends it is reminded of its own certificate in the same runs.
        lent = env.company.certificate_seller_id.certificate_lent_id
        env.flush_all()
        env.cr.execute(
            "UPDATE certificate_certificate SET date_end = now() + interval '30 days' WHERE id = %s",
            [lent.id],
        )
        env.cr.commit()
        env.cr.close()
        self.vacuum()

    def reset(self):
        """Forget all reminders."""
        self.query(
            """
            DELETE FROM mail_mail; DELETE FROM mail_activity;
            DELETE FROM mail_message WHERE message_type = 'notification' OR model IS NULL;
            DELETE FROM mail_followers WHERE res_model = 'certificate.activation';
            DELETE FROM ir_cron_trigger; DELETE FROM ir_cron_progress;
            UPDATE certificate_activation SET reminded_days = NULL WHERE reminded_days IS NOT NULL;
            UPDATE certificate_certificate SET reminded_on = NULL WHERE reminded_on IS NOT NULL;
            """
        )
        self.vacuum()

    def vacuum(self):
        """Do what the database does by itself sooner or later, so that it does not while we measure."""
        connection = psycopg2.connect(dbname=self.name)
        connection.autocommit = True
        connection.cursor().execute("VACUUM ANALYZE")
        connection.close()

    # === THE CRON, IN A PROCESS OF ITS OWN === #

    def fork(self, work):
        """Let a process of its own do some work.

        :param work: a function of an environment
        :return: the process
        :rtype: int
        """
        self.leave()
        sys.stdout.flush()
        process = os.fork()
        if process:
            return process
        try:
            env = self.open()
            work(env)
            env.cr.commit()
            os._exit(0)
        except BaseException as error:  # whatever it is, only this process ends
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            os._exit(1)

    def wait(self, process):
        """Wait for a process.

        :return: the seconds of CPU that it took, without the database's
        :rtype: float
        """
        _process, status, usage = os.wait4(process, 0)
        if status:
            raise RuntimeError("the process failed")
        return usage.ru_utime + usage.ru_stime

    def count_done(self):
        """Count the certificates of which somebody was reminded."""
        ((count,),) = self.query(
            "SELECT count(*) FROM certificate_activation "
            "WHERE reminded_days > 0 AND name LIKE 'BENCH/%'"
        )
        return count

    def run_cron(self):
        """Run the job until nothing remains; another process may hold rows that it was killed with."""
        while self.count_done() < self.due:
            self.wait(self.fork(run_job))


def run_job(env):
    """Run the job as the scheduler does: again for as long as it says that something remains."""
    cron = env.ref("l10n_co_certificate_activation.ir_cron_certificate_validity")
    while True:
        cron.method_direct_trigger()
        env.cr.commit()
        if not env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]):
            return


def kill_cron(database, kills):
    """Kill the cron again and again, each time after a moment by chance, and look at what it did.

    When everything is done before it was killed often enough, it begins anew.

    :return: rows of the report, and what was broken
    """
    generator = random.Random(SEED)
    # Around the moment at which a process has done its first batch.
    started = time.perf_counter()
    first = database.fork(run_job)
    while not database.count_done():
        time.sleep(0.01)
    lead = time.perf_counter() - started
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    killed, rounds = 1, [0, 0, 0]
    while killed < kills:
        if database.count_done() == database.due:
            rounds = [sum(pair) for pair in zip(rounds, find_mistakes(database), strict=True)]
            database.reset()
        process = database.fork(run_job)
        time.sleep(generator.uniform(0.3, 1.1) * lead)
        os.kill(process, signal.SIGKILL)
        _process, status = os.waitpid(process, 0)
        killed += os.WIFSIGNALED(status)
    database.run_cron()
    rounds = [sum(pair) for pair in zip(rounds, find_mistakes(database), strict=True)]
    rows = [
        ("killed", killed),
        ("missed", rounds[0]),
        ("told twice", rounds[1]),
        ("told too early", rounds[2]),
    ]
    return rows, ["killed cron"] if any(rounds) else []


def find_mistakes(database):
    """Count of whom nobody was reminded, who was reminded twice, and who too early; with the lender."""
    (found,) = database.query(
        """
        WITH due AS (
            SELECT id FROM certificate_activation WHERE name LIKE 'BENCH/%' AND state = 'active'
              AND date_end <= (now() AT TIME ZONE 'America/Bogota')::date + 90
        ), activity AS (
            SELECT res_id AS id, count(*) AS count FROM mail_activity
            WHERE res_model = 'certificate.activation' GROUP BY res_id
        ), mail AS (
            -- One to each address.
            SELECT message.res_id AS id, count(*) AS count,
                   count(DISTINCT mail.email_to) AS different
            FROM mail_mail mail JOIN mail_message message ON message.id = mail.mail_message_id
            WHERE message.model = 'certificate.activation' GROUP BY message.res_id
        ), lender AS (
            SELECT count(*) AS mails, count(DISTINCT mail.email_to) AS different,
                   (SELECT count(*) FROM mail_activity
                    WHERE res_model = 'electronic.invoicing.setup') AS activities,
                   (SELECT count(DISTINCT user_id) FROM mail_activity
                    WHERE res_model = 'electronic.invoicing.setup') AS users
            FROM mail_mail mail JOIN mail_message message ON message.id = mail.mail_message_id
            WHERE message.model = 'electronic.invoicing.setup'
        )
        SELECT (SELECT count(*) FROM due LEFT JOIN activity USING (id) LEFT JOIN mail USING (id)
                WHERE activity.count IS NULL OR mail.count IS NULL)
               + (SELECT count(*) FROM lender WHERE mails = 0 OR users = 0),
               (SELECT count(*) FROM due JOIN activity USING (id) JOIN mail USING (id)
                WHERE activity.count > 1 OR mail.count > mail.different)
               + (SELECT count(*) FROM lender WHERE mails > different OR activities > users),
               (SELECT count(*) FROM activity JOIN certificate_activation USING (id)
                WHERE name LIKE 'BENCH/%' AND id NOT IN (SELECT id FROM due))
        """
    )
    return found


def create_bare(env, records):
    """Create the rows of reminders as anybody would with the ORM, in batches of the same size."""
    from odoo.addons.l10n_co_certificate_activation.models import (
        certificate_activation_expiry as module,
    )

    activities = env["mail.activity"].with_context(mail_activity_quick_update=True)
    for start in range(0, len(records["activities"]), module.BATCH_SIZE):
        activities.create(records["activities"][start : start + module.BATCH_SIZE])
        env.cr.commit()
    for start in range(0, len(records["mails"]), module.BATCH_SIZE):
        env["mail.mail"].create(records["mails"][start : start + module.BATCH_SIZE])
        env.cr.commit()


def get_records(env):
    """Return what the cron created, as values to create it again."""
    activities = env["mail.activity"].search_read(
        [("res_model", "=", "certificate.activation")],
        [
            "activity_type_id",
            "res_model_id",
            "res_id",
            "user_id",
            "summary",
            "note",
            "date_deadline",
            "automated",
        ],
        load=None,
    )
    mails = env["mail.mail"].search_read(
        [],
        [
            "model",
            "res_id",
            "subject",
            "body",
            "body_html",
            "email_to",
            "email_from",
            "reply_to",
            "author_id",
            "message_type",
            "subtype_id",
            "is_internal",
            "auto_delete",
        ],
        load=None,
    )
    for vals in (*activities, *mails):
        vals.pop("id")
    return {"activities": activities, "mails": mails}


def measure(database, times):
    """Compare the cron with the bare creation of the same rows, in turns.

    :return: medians of seconds, of the cron and of the bare creation, of the cron's seconds of CPU, and
        the number of mails
    """
    database.reset()
    database.run_cron()
    env = database.open()
    records = get_records(env)
    env.cr.close()
    cron, bare, cpu = [], [], []
    for _time in range(times):
        for durations, work in (
            (cron, run_job),
            (bare, lambda env: create_bare(env, records)),
        ):
            database.reset()
            process = database.fork(work)
            # Of the process, with what it waits for the database.
            started = time.perf_counter()
            used = database.wait(process)
            durations.append(time.perf_counter() - started)
            if work is run_job:
                cpu.append(used)
    return *map(statistics.median, (cron, bare, cpu)), len(records["mails"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, once")
    parser.add_argument("--url", required=True)
    parser.add_argument("--database", required=True)
    options = parser.parse_args()
    share = 10 if options.quick else 1
    broken = []
    database = Database(options.database, 100_000 // share, 10_000 // share)
    try:
        rows, broken = kill_cron(database, 100 // share)
        cron, bare, cpu, mails = measure(database, 1 if options.quick else 3)
    finally:
        database.close()
    ratio, milliseconds = cron / bare, 1000 * cron / database.due
    rows += [
        ("mails", mails),
        ("seconds of the cron", f"{cron:.1f}"),
        ("seconds of a bare ORM batch", f"{bare:.1f}"),
        ("ratio", f"{ratio:.2f}"),
        ("milliseconds a reminder", f"{milliseconds:.2f}"),
        ("of these CPU of Odoo", f"{1000 * cpu / database.due:.2f}"),
    ]
    print("| the daily cron | |")
    print("|---|---|")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    if ratio > ALLOWED_RATIO:
        broken.append(f"ratio {ratio:.2f} > {ALLOWED_RATIO}")
    print(json.dumps({"broken": broken, "goal of ms a reminder": milliseconds <= GOAL_MS}))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
