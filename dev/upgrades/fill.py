"""Fill a database by the code of another commit, with something in each column that the add-on stores.

Run by dev/upgrade, with the other code on Odoo's path: what is used of it here are its tables, and what
every commit has had since the first one.
"""

import base64
import json
import sys

from computed import read_computed
from shared.database import ADD_ENDED, Database
from shared.session import ACTIVATION, REPRESENTATIVE

MODULE = "l10n_co_certificate_activation"
COMPANIES = 1000
BEFORE = 9  # activations of each company beside the one that is in force
INVOICES = 120
SIGNATURES = 200
TO_PROCESS = "To be processed"  # what tells the activities and the messages of requests
CUSTODIAN = 2  # the user who has these activities

# What became of the activations beside it, by their number.
HISTORY = {
    1: ("loan", "revoked"),
    2: ("loan", "cancelled"),
    3: ("own", "expired"),
    4: ("request", "cancelled"),
    5: ("loan", "process"),
    6: ("own", "pay"),
    7: ("request", "process"),
    8: ("own", "revoked"),
    9: ("loan", "expired"),
}
ACTIVATIONS = "certificate_activation source WHERE name LIKE 'BENCH/%'"
OF_ACTIVATION = {"activation_id": "id", "company_id": "company_id"}
COMPANY = "res_company source WHERE name LIKE 'Empresa %'"
# Tables that get rows, and of what; what is not said here is filled by its type.
ROWS = {
    "certificate_payment_receipt": (f"{ACTIVATIONS} AND id % 5 = 0", OF_ACTIVATION),
    "certificate_request_document": (f"{ACTIVATIONS} AND route = 'request'", OF_ACTIVATION),
    "certificate_portal_access": (f"{ACTIVATIONS} AND id % 5 = 1", OF_ACTIVATION),
    "certificate_voided_letter": (f"{ACTIVATIONS} AND id % 5 = 2", OF_ACTIVATION),
    "electronic_invoicing_resolution": (COMPANY, {"company_id": "id", "journal_id": "NULL"}),
    "electronic_invoicing_setup": (
        COMPANY,
        {
            "company_id": "id",
            "resolution_id": "(SELECT id FROM electronic_invoicing_resolution WHERE company_id = source.id)",
        },
    ),
}
# What SQL says of an activation in another way than by its type.
KEPT = (
    "renewal_of_id",
    "switch_on",
    "payment_move_id",
    "certificate_id",
    "message_main_attachment_id",
)
VALUES = {
    "boolean": "id % 2 = 0",
    "integer": "(id % 1000)::int",
    "float": "id * 1.25",
    "monetary": "id * 1.25",
    "date": "date '2026-01-01' + (id % 300)::int",
    "datetime": "timestamp '2026-01-01 05:00:00' + id * interval '1 minute'",
    "json": "jsonb_build_object('number', id)",
}


class OldDatabase(Database):
    """The database with the code of the other commit, as it is."""

    def __init__(self, name):
        self.name = name
        import odoo.modules.registry
        from odoo.tools import config

        config.parse_config(["-d", name, "--max-cron-threads", "0", "--log-level", "critical"])
        self.registry = odoo.modules.registry.Registry(name)

    def employ(self):
        """Let the users be internal ones without the add-on, too."""
        env = self.open()
        users = env["res.users"].search([("login", "like", "bench%")])
        users.group_ids += env.ref("base.group_user")
        env.cr.commit()
        env.cr.close()

    def get_values(self, table):
        """Return something for each stored column of a table: {column: SQL}, of a row with an `id`."""
        values = {}
        for name, kind, relation, options in self.query(
            """
            SELECT field.name, ttype, replace(relation, '.', '_'), (
                SELECT array_agg(value ORDER BY sequence) FROM ir_model_fields_selection WHERE field_id = field.id)
            FROM ir_model_fields field JOIN information_schema.columns
                 ON table_schema = 'public' AND table_name = replace(model, '.', '_') AND column_name = field.name
            WHERE table_name = %s AND field.name NOT IN ('id', 'create_uid', 'write_uid', 'create_date', 'write_date')
            """,
            (table,),
        ):
            if kind in VALUES:
                values[name] = VALUES[kind]
            elif kind == "selection":
                values[name] = f"(ARRAY{options})[1 + (id / 7) % {len(options)}]"
            elif kind == "many2one":
                values[name] = f"(SELECT min(id) FROM {relation})"
            elif kind in ("char", "text", "html"):
                values[name] = f"'{name} ' || id"
        return values

    def spread(self):
        """Give the activations every state and route that the commit has, and rows of every other model."""
        self.query(ADD_ENDED, (BEFORE,))
        values = self.get_values("certificate_activation")
        routes = values.get("route", "")
        for number, (route, state) in HISTORY.items():
            if f"'{route}'" in routes:
                self.query(
                    "UPDATE certificate_activation SET route = %s, state = %s WHERE name LIKE %s",
                    (route, state, f"BENCH/%/{number}"),
                )
        self.query(
            "UPDATE certificate_activation SET "
            + ", ".join(
                f"{name} = COALESCE({name}, {value})"
                for name, value in values.items()
                if name not in KEPT
            )
            + " WHERE name LIKE 'BENCH/%'"
        )
        self.query(
            "UPDATE certificate_activation SET certificate_id = (SELECT min(id) FROM certificate_certificate)"
            " WHERE name LIKE 'BENCH/%' AND state IN ('active', 'expired', 'revoked')"
        )
        for table, (source, own) in ROWS.items():
            if values := self.get_values(table):
                values |= {name: value for name, value in own.items() if name in values}
                self.query(
                    f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())} FROM {source}"
                )

    def attach(self):
        """Give each row a stored file and a message, and some an activity and a follower."""
        models = self.query(
            "SELECT DISTINCT model, name, ttype FROM ir_model_fields WHERE model LIKE ANY"
            " (ARRAY['certificate.%', 'electronic.%']) AND store AND (ttype = 'binary' OR name = 'message_ids')"
        )
        for model, name, kind in models:
            table = model.replace(".", "_")
            if table not in (*ROWS, "certificate_activation"):
                continue
            if kind == "binary":
                self.query(
                    f"""
                    INSERT INTO ir_attachment (name, type, res_model, res_field, res_id, store_fname, checksum,
                                               file_size, mimetype, create_uid, write_uid)
                    SELECT %s, 'binary', %s, %s, row.id, scan.store_fname, scan.checksum, scan.file_size,
                           scan.mimetype, 1, 1
                    FROM {table} row, (SELECT * FROM ir_attachment WHERE mimetype = 'application/pdf'
                                       AND res_model = %s LIMIT 1) scan
                    WHERE NOT EXISTS (SELECT FROM ir_attachment other WHERE other.res_model = %s
                                      AND other.res_field = %s AND other.res_id = row.id)
                    """,
                    (name, model, name, ACTIVATION, model, name),
                )
                continue
            self.query(
                f"INSERT INTO mail_message (model, res_id, body, message_type, author_id, date, create_uid)"
                f" SELECT %s, id, '<p>Note ' || id || '</p>', 'comment', 1, now(), 1 FROM {table}",
                (model,),
            )
            self.query(
                f"INSERT INTO mail_followers (res_model, res_id, partner_id) SELECT %s, id, 1 FROM {table}"
                " WHERE id %% 3 = 0 ON CONFLICT DO NOTHING",
                (model,),
            )
            self.query(
                "INSERT INTO mail_activity (res_model, res_model_id, res_id, activity_type_id, user_id, date_deadline,"
                " summary, active, create_uid) SELECT %s, (SELECT id FROM ir_model WHERE model = %s), id,"
                f" (SELECT min(id) FROM mail_activity_type WHERE res_model = %s), 1, now(), 'Look at it', true, 1"
                f" FROM {table} WHERE id %% 7 = 0",
                (model, model, model),
            )

    def ask(self):
        """Give what is asked of an authority to the seller to do, with a message of its state."""
        asked = "activation.route = 'request' AND activation.state = 'process'"
        self.query(
            f"""
            INSERT INTO mail_activity (res_model, res_model_id, res_id, activity_type_id, user_id, date_deadline,
                                       summary, active, create_uid)
            SELECT %s, model.id, activation.id, kind.res_id, {CUSTODIAN}, now(), %s, true, 1
            FROM certificate_activation activation
            JOIN ir_model model ON model.model = %s
            JOIN ir_model_data kind ON kind.module = '{MODULE}' AND kind.name = 'mail_activity_type_request'
            WHERE {asked}
            """,
            (ACTIVATION, TO_PROCESS, ACTIVATION),
        )
        self.query(
            f"""
            INSERT INTO mail_tracking_value (field_id, mail_message_id, new_value_char)
            SELECT field.id, message.id, %s FROM mail_message message
            JOIN certificate_activation activation ON activation.id = message.res_id
            JOIN ir_model_fields field ON field.model = %s AND field.name = 'request_state'
            WHERE message.model = %s AND {asked}
            """,
            (TO_PROCESS, ACTIVATION, ACTIVATION),
        )

    def pay(self):
        """Make the seller's invoices, and pay, credit or cancel most of them."""
        env = self.open()
        seller = env.company.certificate_seller_id
        env = env(context={"allowed_company_ids": seller.ids, "no_reset_password": True})
        partners = env["res.partner"].search([("name", "like", "Empresa %")], limit=INVOICES)
        moves = env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": partner.id,
                    "invoice_date": "2026-03-01",
                    "invoice_line_ids": [(0, 0, {"product_id": seller.certificate_product_id.id})],
                }
                for partner in partners
            ]
        )
        moves[:-10].action_post()
        moves[-5:].button_cancel()
        wizard = env["account.payment.register"].with_context(
            active_model="account.move", active_ids=moves[: INVOICES // 2].ids
        )
        wizard.create({"group_payment": False}).action_create_payments()
        paid_by_half = moves[INVOICES // 2]
        wizard = wizard.with_context(active_ids=paid_by_half.ids)
        wizard.create({"amount": paid_by_half.amount_total / 2}).action_create_payments()
        moves[:10]._reverse_moves([{"invoice_date": "2026-03-02"}] * 10, cancel=True)
        ids = moves.ids
        env.cr.commit()
        env.cr.close()
        self.query(
            """
            WITH loan AS (SELECT id, row_number() OVER (ORDER BY name) AS number FROM certificate_activation
                          WHERE name LIKE 'BENCH/%%' AND route = 'loan' AND state IN ('process', 'active'))
            UPDATE certificate_activation SET payment_move_id = (%s)[number] FROM loan
            WHERE loan.id = certificate_activation.id AND number <= %s
            """,
            (ids, len(ids)),
        )

    def sign(self):
        """Download a letter, attach its scan, and make a chain of real signatures."""
        try:
            from odoo.addons.l10n_co_certificate_activation.tests.common import (
                pdf_samples,
                xml_samples,
            )
        except ImportError:  # of a commit before the rooms
            from odoo.addons.l10n_co_certificate_activation.tests import pdf_samples, xml_samples

        env = self.open()
        company = env["res.company"].search([("name", "like", "Flores %")])
        action = env[ACTIVATION].with_company(company).action_open_wizard()
        activation = env[action["res_model"]].browse(action["res_id"]).activation_id
        activation.write({"state": "process", **activation._prepare_representative_vals()})
        activation.write(REPRESENTATIVE)
        activation.action_download_letter()
        activation.signed_letter = base64.b64encode(pdf_samples.scan_pdf())
        # Of the company of dev/scripts/lifecycle.py.
        active = env[ACTIVATION].search(
            [("company_id.name", "=", "Prueba SAS"), ("state", "=", "active")]
        )
        record = env["res.partner"].create({"name": "SETP2", "company_id": active.company_id.id})
        for _number in range(SIGNATURES):
            active._sign_xml(xml_samples.make_document(), record)
        # Of the demo data, where that walks: a letter that the borrower itself has cleared.
        if "record_code" in env[ACTIVATION]._fields:
            env[ACTIVATION].search(
                [
                    ("state", "=", "active"),
                    ("record_code", "!=", False),
                    ("name", "not like", "BENCH/"),
                ]
            ).sudo().signed_letter_match = "reviewed"
        # So that dev/scripts/lifecycle.py can make it again.
        active.company_id.name += " (1)"
        env.cr.commit()
        env.cr.close()

    def administrate(self):
        """Change what administrators change: data that an upgrade has to leave as it is."""
        self.query(
            f"""
            UPDATE ir_cron SET interval_number = 7, active = false WHERE id IN (
                SELECT res_id FROM ir_model_data WHERE module = '{MODULE}' AND model = 'ir.cron');
            UPDATE ir_sequence SET prefix = 'MINE/', number_next = 4711 WHERE id IN (
                SELECT res_id FROM ir_model_data WHERE module = '{MODULE}' AND model = 'ir.sequence');
            UPDATE mail_activity_type SET delay_count = 99 WHERE id IN (
                SELECT res_id FROM ir_model_data WHERE module = '{MODULE}' AND model = 'mail.activity.type');
            """
        )
        env = self.open()
        # Who administers the system need not be who answers for the certificate that is lent.
        custodians = env.ref(f"{MODULE}.group_certificate_custodian")
        custodians.user_ids -= env.ref("base.user_admin")
        if "certificate.authority" in env:
            authorities = env["certificate.authority"].search([])
            authorities[0].active = False
            authorities[1].sequence = 77
            authorities[2].unlink()
        env.cr.commit()
        env.cr.close()


def main():
    name, computed = sys.argv[1:]
    database = OldDatabase(name)
    database.fill(COMPANIES)
    database.employ()
    database.spread()
    database.pay()
    database.sign()
    database.attach()
    database.ask()
    database.administrate()
    env = database.open()
    with open(computed, "w", encoding="utf-8") as file:
        json.dump(read_computed(env), file)
    env.cr.close()
    for route, states in database.query(
        "SELECT route, string_agg(state || ' ' || count, ', ' ORDER BY state) FROM"
        " (SELECT route, state, count(*) FROM certificate_activation GROUP BY 1, 2) AS counted"
        " GROUP BY 1 ORDER BY 1"
    ):
        print(f"  {route}: {states}")
    counts = [
        f"{database.query(f'SELECT count(*) FROM {table}')[0][0]} {table}"
        for table in (*ROWS, "certificate_signature_log", "account_move", "ir_attachment")
        if database.query("SELECT to_regclass(%s)", (table,))[0][0]
    ]
    print(f"  {', '.join(counts)}")
    database.leave()


if __name__ == "__main__":
    main()
