"""A copy of the demo database with Odoo on it in this process, filled fast by SQL.

For the rows of dev/benchmarks that measure the server's own code, and not what a browser sees of it.
"""

import os
import shutil
import sys
from pathlib import Path

import psycopg2

COMPANIES_OF_A_USER = 100
# What a new contact does not take from its model.
OF_A_PARTNER = ("complete_name", "email", "email_normalized", "lang", "commercial_partner_id")

FILL = """
WITH today AS (SELECT (now() AT TIME ZONE 'America/Bogota')::date AS today),
numbers AS (SELECT generate_series(1, %(count)s) AS number),
partner AS (
    INSERT INTO res_partner ({partner_columns}, name, complete_name, email, email_normalized, lang)
    SELECT {partner_values}, 'Empresa ' || number, 'Empresa ' || number,
           'empresa' || number || '@example.com', 'empresa' || number || '@example.com',
           CASE number %% 2 WHEN 0 THEN 'es_CO' ELSE 'en_US' END
    FROM numbers, res_partner model WHERE model.id = %(model_partner)s
    RETURNING id, name
),
company AS (
    INSERT INTO res_company ({company_columns}, name, partner_id)
    SELECT {company_values}, partner.name, partner.id
    FROM partner, res_company model WHERE model.id = %(model)s
    RETURNING id, name
),
responsibility AS (
    INSERT INTO electronic_invoicing_responsibility_res_company_rel
    SELECT company.id, electronic_invoicing_responsibility_id
    FROM company, electronic_invoicing_responsibility_res_company_rel WHERE res_company_id = %(model)s
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


ADD_ENDED = """
INSERT INTO certificate_activation (name, company_id, route, state, date_start, date_end,
                                    create_uid, write_uid, create_date, write_date)
SELECT 'BENCH/' || company_id || '/' || year, company_id, 'loan', 'expired', date_start - 365 * year,
       date_end - 365 * year, create_uid, write_uid, now(), now()
FROM certificate_activation, generate_series(1, %s) AS year
WHERE name LIKE 'BENCH/%%'
"""


class Database:
    """A copy of the demo database, with its files and with Odoo on it."""

    def __init__(self, template):
        """
        :param str template: name of the demo database, in which nobody is
        """
        import odoo.modules.registry
        from odoo.tools import config

        self.template, self.name = template, f"{template}_{Path(sys.argv[0]).stem}"
        self.server = psycopg2.connect(dbname="postgres")
        self.server.autocommit = True
        config.parse_config(["-d", self.name, "--max-cron-threads", "0", "--log-level", "critical"])
        self.files = Path(config.filestore(self.name))
        self.copy()
        self.registry = odoo.modules.registry.Registry(self.name)

    def copy(self):
        """Start again: what Odoo has cached from the former copy also holds in this one."""
        self.drop()
        shutil.copytree(
            self.files.with_name(self.template),
            self.files,
            copy_function=os.link,
            dirs_exist_ok=True,
        )
        self.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}"')

    def drop(self):
        self.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        shutil.rmtree(self.files, ignore_errors=True)

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

    def fill(self, count, due=0):
        """Insert companies with users and active certificates: a hundred companies have one user.

        :param int count: of the companies
        :param int due: of how many somebody is to be reminded today
        """
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
        columns = {
            f"{key}_{what}": ", ".join(f'{of}"{name}"' for name in names)
            for key, names in (
                ("partner", self.list_columns(env, "res_partner", *OF_A_PARTNER)),
                ("company", self.list_columns(env, "res_company", "partner_id")),
            )
            for what, of in (("columns", ""), ("values", "model."))
        }
        env.cr.execute(
            FILL.format(**columns),
            {
                "count": count,
                "due": due,
                "model": model.id,
                "model_partner": model.partner_id.id,
                "users": users.ids,
                "each": COMPANIES_OF_A_USER,
            },
        )
        env.cr.execute(
            "UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL"
        )
        # Whoever lends it is reminded of its own certificate in the same runs.
        lent = env.company.certificate_seller_id.certificate_lent_id
        env.flush_all()
        # What is cached of who has an activation.
        env.registry.clear_cache()
        env.cr.execute(
            "UPDATE certificate_certificate SET date_end = now() + interval '30 days' WHERE id = %s",
            [lent.id],
        )
        env.cr.commit()
        env.cr.close()
        self.vacuum()

    def list_columns(self, env, table, *others):
        """List the columns that every new row takes from its model."""
        env.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND table_name = %s AND is_generated = 'NEVER' AND column_name NOT IN %s",
            [table, ("id", "name", *others)],
        )
        return [name for (name,) in env.cr.fetchall()]

    def add_ended(self, each):
        """Insert activations that have ended, before each one that `fill` inserted."""
        self.query(ADD_ENDED, (each,))
        self.vacuum()

    def vacuum(self):
        """Do what the database does by itself sooner or later, so that it does not while we measure."""
        connection = psycopg2.connect(dbname=self.name)
        connection.autocommit = True
        connection.cursor().execute("VACUUM ANALYZE")
        connection.close()
