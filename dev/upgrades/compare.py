"""Compare two databases for dev/upgrade, value by value: before and after an upgrade, or an uninstallation.

What may differ follows from what Odoo says of it: a record that the add-on's data files keep up to date is
the code's, one that they left to the administrator (noupdate) and every other one is not. What differs for
another reason stands in EXPLAINED.
"""

import argparse
import hashlib
import json
import sys
from collections import defaultdict
from pathlib import Path

import psycopg2
from computed import read_computed
from fill import CUSTODIAN, TO_PROCESS

MODULE = "l10n_co_certificate_activation"

# Values and rows that differ rightly, by table and column (`*` for all): why, and of which rows.
EXPLAINED = {
    ("certificate_activation_wizard", "findings"): (
        "what was looked at is computed with what its page says",
        lambda values: True,
    ),
    **{
        ("certificate_activation", name): (
            # Whether it is right is for tests/sale/test_price.py to say.
            "a price is computed only where one is offered",
            lambda values: True,
        )
        for name in ("price_total", "price_untaxed")
    },
    **{
        ("account_journal", f"certificate_{name}"): (
            # Whether it is right is for tests/board/test_board.py to say.
            "what signs is computed for the sales journals of Colombian companies alone",
            lambda values: True,
        )
        for name in ("days_left", "light", "state")
    },
    ("ir_attachment", "*"): (
        "assets, icons and other files that are made of the code",
        lambda row: (
            (row["url"] or "").startswith("/web/assets/")
            or row["res_model"] in ("ir.module.module", "ir.ui.menu")
        ),
    ),
    ("ir_module_module", "*"): (
        "the add-on's version and state",
        lambda row: row["name"] == MODULE,
    ),
    ("ir_module_module", "write_date"): (
        "Odoo reads the list of add-ons",
        lambda row: True,
    ),
    ("ir_cron_trigger", "*"): ("Odoo cleans up after an upgrade", lambda row: True),
    ("orm_signaling_registry", "*"): ("servers are told to load the code anew", lambda row: True),
    ("res_groups", "write_date"): (
        "groups of Odoo that imply those of the add-on, which the data files say again",
        lambda row: True,
    ),
    ("res_partner", "write_date"): (
        "Odoo computes anew who is an internal user, when groups are written",
        lambda row: True,
    ),
    ("ir_model", "info"): (
        "Odoo describes a model by the add-on that extends it last",
        lambda row: True,
    ),
    ("ir_model_data", "*"): (
        "what mail and portal note of the models of other add-ons",
        lambda row: (
            row["module"] in ("mail", "portal")
            and row["name"].startswith(
                ("model_inherit__certificate_", "model_inherit__electronic_")
            )
        ),
    ),
    ("mail_message", "*"): (
        "Odoo notes what the data files change of a server action",
        lambda row: row["model"] == "ir.actions.server" and row["message_type"] == "notification",
    ),
    # Of an upgrade to 19.0.1.1.0:
    ("certificate_activation", "signed_letter_match"): (
        "what the borrower cleared, or whoever signed, waits for the lender",
        lambda row: (
            row["route"] == "loan"
            and row["state"] in ("process", "active")
            and row["signed_letter_match"] in ("reviewed", "signature")
        ),
    ),
    ("certificate_signature_head", "*"): (
        "the history begins",
        lambda row: row.get("log") == "certificate.history",
    ),
    ("ir_rule", "domain_force"): (
        "a letter that was rejected is corrected while its activation is active",
        lambda row: row["domain_force"] == "[('state', 'in', ('pay', 'process'))]",
    ),
    ("ir_rule", "write_date"): (
        "likewise",
        lambda row: row["domain_force"] == "[('state', 'in', ('pay', 'process'))]",
    ),
    ("ir_rule", "*"): (
        "who reads what is asked of an authority is a rule of the request",
        lambda row: any(
            name in (row["domain_force"] or "") for name in ("activation_id.state", "request_state")
        ),
    ),
    ("mail_activity_type", "res_model"): (
        "what the seller has to do is left with the request",
        lambda row: row["icon"] == "fa-inbox",
    ),
    ("mail_activity_type", "write_date"): ("likewise", lambda row: row["icon"] == "fa-inbox"),
    # Where issuers are looked at for the first time.
    ("certificate_certificate", "write_date"): (
        "its issuer is found to be on no list of accredited authorities",
        lambda row: True,
    ),
    ("certificate_activation", "write_date"): (
        "the issuer of its certificate is found to be on no list of accredited authorities",
        lambda row: bool(row["certificate_id"]),
    ),
    ("mail_activity", "res_model"): (
        "likewise",
        lambda row: row["summary"] == TO_PROCESS,
    ),
    ("mail_activity", "res_model_id"): ("likewise", lambda row: row["summary"] == TO_PROCESS),
    **{
        ("certificate_activation", f"activity_{name}"): (
            "likewise",
            lambda row: row["activity_user_id"] == CUSTODIAN,
        )
        for name in ("date_deadline", "state", "type_id", "user_id")
    },
    ("mail_tracking_value", "field_id"): (
        "the state of a request is a field of the request",
        lambda row: row["new_value_char"] == TO_PROCESS,
    ),
    ("mail_followers", "*"): (
        "who followed an activation follows its request",
        lambda row: row["res_model"] == "certificate.request",
    ),
}
# Columns that are gone, whose values stand elsewhere in the row of the same id: where, and of which rows.
IS_ASKED = "route = 'request' AND request_state IS NOT NULL"
MOVED = {
    ("certificate_activation", f"request_{name}"): ("certificate_request", name, IS_ASKED)
    for name in (
        "state",
        "person_kind",
        "date",
        "authority_id",
        "sent_on",
        "issued_on",
        "observation",
    )
}
MOVED["certificate_request_document", "activation_id"] = (
    "certificate_request_document",
    "request_id",
    "true",
)
NO_REASON = ("", lambda row: False)
# Columns that say who wrote a row, and nothing of what it belongs to.
AUTHORS = ("create_uid", "write_uid")
# And when the add-on is uninstalled.
EXPLAINED_UNINSTALLED = {
    ("ir_config_parameter", "*"): (
        "the add-on's own parameters",
        lambda row: row["key"].startswith(MODULE),
    ),
    ("res_users", "write_date"): ("users lose the add-on's groups", lambda row: True),
}


# The tables of a model that has another one, or more than one.
TABLES = {
    f"ir.actions.{kind}": ["ir_actions", f"ir_act_{table or kind}"]
    for kind, table in (
        ("act_window", "window"),
        ("act_url", "url"),
        ("server", ""),
        ("client", ""),
        ("report", "report_xml"),
    )
}


class Snapshot:
    """A database as it is: its tables, and what is the add-on's in it."""

    def __init__(self, name):
        self.connection = psycopg2.connect(dbname=name)
        self.tables = defaultdict(set)
        for table, column in self.read(
            "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables"
            " USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        ):
            self.tables[table].add(column)
        # The table of each external identifier of the add-on, and whether data files leave it alone.
        self.named = {}
        for number, model, record, noupdate in self.read(
            f"SELECT id, model, res_id, noupdate FROM ir_model_data WHERE module = '{MODULE}'"
        ):
            self.named["ir_model_data", str(number)] = noupdate
            for table in TABLES.get(model, [model.replace(".", "_")]):
                self.named[table, str(record)] = noupdate
        for (number,) in self.read(f"SELECT id FROM ir_module_module WHERE name = '{MODULE}'"):
            self.named["ir_module_module", str(number)] = False  # Odoo keeps it up to date
        self.models = {  # {table: model} of the add-on; what it only extends has a name of another one, too
            model.replace(".", "_"): model
            for (model,) in self.read(
                "SELECT ir_model.model FROM ir_model JOIN ir_model_data named"
                " ON named.model = 'ir.model' AND named.res_id = ir_model.id"
                f" GROUP BY ir_model.model HAVING bool_and(named.module = '{MODULE}')"
            )
        }
        self.fields = {  # (table, column) of the add-on, also in tables of others
            (model.replace(".", "_"), name)
            for number, model, name in self.read("SELECT id, model, name FROM ir_model_fields")
            if ("ir_model_fields", str(number)) in self.named
        }
        self.links = {  # tables between two others, of fields of the add-on
            table
            for number, table in self.read("SELECT id, relation_table FROM ir_model_fields")
            if table and ("ir_model_fields", str(number)) in self.named
        }
        self.targets = defaultdict(dict)  # {table: {column: table}}
        for table, column, target in self.read(
            "SELECT conrelid::regclass::text, attname, confrelid::regclass::text FROM pg_constraint"
            " JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] WHERE contype = 'f'"
        ):
            self.targets[table][column] = target

    def read(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def read_rows(self, table, names):
        """Return rows as tuples of texts, by what tells them apart."""
        rows = self.read(
            "SELECT {} FROM {}".format(", ".join(f'"{name}"::text' for name in names), f'"{table}"')
        )
        at = names.index("id") if "id" in names else slice(None)
        return {row[at]: row for row in rows}

    def get_targets(self, table, names, row):
        """Return the rows that a row refers to: {column: (table, id)}."""
        values = dict(zip(names, row, strict=True))
        targets = {
            name: (target, values[name])
            for name, target in self.targets[table].items()
            if values.get(name) is not None and name not in AUTHORS
        }
        for name in ("res_model", "model"):
            if (
                name not in self.targets[table]
                and table != "ir_model"
                and (model := values.get(name))
            ):
                targets[name] = ("model", model)
                for other in TABLES.get(model, [model.replace(".", "_")]):
                    targets[other] = (other, values.get("res_id"))
        return targets


class Comparison:
    """What differs between two databases, and for what reason."""

    def __init__(self, before, after, is_uninstalled=False):
        """
        :param Snapshot before:
        :param Snapshot after:
        :param bool is_uninstalled: whether all that is the add-on's has to be gone
        """
        self.before, self.after, self.is_uninstalled = before, after, is_uninstalled
        self.explained = EXPLAINED | (EXPLAINED_UNINSTALLED if is_uninstalled else {})
        self.found, self.reasons = defaultdict(list), defaultdict(int)
        self.tables = self.values = 0
        self.gone = []  # (table, key, names, row)
        self.new = []  # likewise
        self.changed = []  # (table, key, name, value, other, names, row)

    def run(self):
        before, after = self.before, self.after
        for table in sorted(before.tables):
            if table in after.tables:
                self.compare_table(table)
            elif not (self.is_uninstalled and (table in before.models or table in before.links)):
                self.note_gone(table, "*")
        self.explain_new()
        self.explain()

    def compare_table(self, table):
        before, after = self.before, self.after
        columns = before.tables[table]
        for name in sorted(columns - after.tables[table]):
            if not (self.is_uninstalled and (table, name) in before.fields):
                self.note_gone(table, name)
        names = sorted(columns & after.tables[table])
        rows, others = before.read_rows(table, names), after.read_rows(table, names)
        self.tables, self.values = self.tables + 1, self.values + len(rows) * len(names)
        for key, row in rows.items():
            other = others.get(key)
            if other is None:
                self.gone.append((table, key, names, row))
            elif other != row:
                for name, value, new in zip(names, row, other, strict=True):
                    if value != new:
                        self.changed.append((table, key, name, value, new, names, row))
        if new := others.keys() - rows.keys():
            # With the columns that were not there before.
            names = sorted(after.tables[table])
            others = after.read_rows(table, names) if "id" in names else others
            self.new += [(table, key, names, others[key]) for key in sorted(new)]

    def note_gone(self, table, name):
        if (table, name) in MOVED and not self.is_uninstalled:
            other, column, condition = MOVED[table, name]
            values = dict(
                self.before.read(f"SELECT id, {name}::text FROM {table} WHERE {condition}")
            )
            moved = dict(self.after.read(f"SELECT id, {column}::text FROM {other}"))
            self.values += len(values)
            for number, value in values.items():
                if moved.get(number) != value:
                    self.found[f"{table}.{name} is gone"].append(
                        f"{number}: {value!r} -> {moved.get(number)!r}"
                    )
            self.reasons[f"{table}.{name} is {other}.{column}, with its values"] += 1
        elif (table, name) in self.explained:
            self.reasons[f"{table}: {self.explained[table, name][0]}"] += 1
        else:
            self.found[f"{table}.{name} is gone"].append("")

    def get_reason(self, table, name, names, row):
        """Return the reason for which a value or a row differs rightly, if EXPLAINED has one."""
        for key in ((table, "*"), (table, name)):
            if key in self.explained:
                reason, is_of = self.explained[key]
                if is_of(dict(zip(names, row, strict=True))):
                    return f"{table}: {reason}"

    def explain_new(self):
        """Sort the rows that are new into what has a reason and what has none."""
        after, known, rest, count = self.after, set(), self.new, None
        if not self.is_uninstalled:
            # Tables that are new, and what the data files add to others.
            known = {
                target
                for target in after.named
                if target[0] not in self.before.tables or target not in self.before.named
            }
        # What is new brings along what refers to it.
        while len(rest) != count:
            count, later = len(rest), []
            for table, key, names, row in rest:
                targets = set(after.get_targets(table, names, row).values())
                if reason := self.get_reason(table, "*", names, row):
                    known.add((table, key))
                    self.reasons[reason] += 1
                elif not self.is_uninstalled and (
                    (table, key) in after.named
                    or known & targets
                    or self.links_data(after, table, names, row)
                ):
                    known.add((table, key))
                    self.reasons["rows of the add-on, and what belongs to them, are new"] += 1
                else:
                    later.append((table, key, names, row))
            rest = later
        for table, _key, names, row in rest:
            self.found[f"{table}: rows are new"].append(self.show(names, row))

    def links_data(self, snapshot, table, names, row):
        """Tell whether a row only links records that the add-on's data files keep up to date."""
        targets = snapshot.get_targets(table, names, row).values()
        return bool(targets) and all(snapshot.named.get(target) is False for target in targets)

    def explain(self):
        """Sort what is gone and what changed into what has a reason and what has none."""
        before = self.before
        if self.is_uninstalled:
            known = set(before.named)
            known |= {("model", model) for model in before.models.values()}
        else:
            known = {target for target, noupdate in before.named.items() if not noupdate}
        rest, count, given_up = self.gone, None, set()
        # What is gone takes along what refers to it.
        while len(rest) != count:
            count, later = len(rest), []
            for table, key, names, row in rest:
                targets = set(before.get_targets(table, names, row).values())
                if reason := self.get_reason(table, "*", names, row):
                    given_up.add((table, key))
                    self.reasons[reason] += 1
                elif (
                    (table, key) in known
                    or given_up & targets
                    or (self.is_uninstalled and known & targets)
                    or self.links_data(before, table, names, row)
                ):
                    known.add((table, key))
                    self.reasons["rows of the add-on, and what belongs to them, are gone"] += 1
                else:
                    later.append((table, key, names, row))
            rest = later
        for table, _key, names, row in rest:
            self.found[f"{table}: rows are gone"].append(self.show(names, row))
        for table, key, name, value, new, names, row in self.changed:
            target = before.get_targets(table, names, row).get(name)
            if reason := self.get_reason(table, name, names, row):
                self.reasons[reason] += 1
            elif before.named.get((table, key)) is False and not self.is_uninstalled:
                self.reasons["values of the add-on's data files"] += 1
            elif self.is_uninstalled and new is None and target in known:
                self.reasons["values that led to what is gone"] += 1
            else:
                self.found[f"{table}.{name}"].append(f"{key}: {value!r} -> {new!r}"[:300])

    def show(self, names, row):
        return str({name: value for name, value in zip(names, row, strict=True) if value})[:300]

    def report(self):
        """Print what was found.

        :return: whether something differs without a reason
        :rtype: bool
        """
        for what, examples in sorted(self.found.items()):
            print(f"  {what} ({len(examples)}) {examples[0]}")
        for reason, count in sorted(self.reasons.items()):
            print(f"  explained: {reason} ({count})")
        print(
            f"  {self.values} values in {self.tables} tables compared;"
            f" {sum(self.reasons.values())} differences explained,"
            f" {sum(map(len, self.found.values()))} not"
        )
        return bool(self.found)


def check_files(snapshot, filestore):
    """Return whether a stored file is gone, or another than it was."""
    rows = snapshot.read(
        "SELECT DISTINCT store_fname, checksum FROM ir_attachment WHERE store_fname IS NOT NULL"
    )
    broken = [
        name
        for name, checksum in rows
        if not Path(filestore, name).is_file()
        or hashlib.sha1(Path(filestore, name).read_bytes()).hexdigest() != checksum
    ]
    print(f"  {len(rows)} stored files; {len(broken)} are gone or altered {' '.join(broken[:3])}")
    return bool(broken)


def compare(options):
    """Compare what is stored, and the files."""
    after = Snapshot(options.after)
    comparison = Comparison(Snapshot(options.before), after, options.uninstalled)
    comparison.run()
    return comparison.report() | check_files(after, options.filestore)


def compute(options):
    """Compare what is computed of the records with what the other code computed."""
    import odoo.modules.registry
    from odoo.api import Environment
    from odoo.tools import config

    config.parse_config(["-d", options.database, "--max-cron-threads", "0", "--log-level", "warn"])
    registry = odoo.modules.registry.Registry(options.database)
    with registry.cursor() as cursor:
        new = read_computed(Environment(cursor, 1, {}))
    old = json.loads(Path(options.computed).read_text(encoding="utf-8"))
    found, count = defaultdict(list), 0
    for model, rows in old.items():
        for number, values in rows.items():
            for name, value in values.items():
                _reason, is_of = EXPLAINED.get((model.replace(".", "_"), name), NO_REASON)
                if name in new.get(model, {}).get(number, {}) and not is_of(values):
                    count += 1
                    if value != new[model][number][name]:
                        found[f"{model}.{name}"].append(
                            f"{number}: {value!r} -> {new[model][number][name]!r}"
                        )
    for what, examples in sorted(found.items()):
        print(f"  {what} ({len(examples)}) {examples[0]}")
    print(f"  {count} computed values compared; {sum(map(len, found.values()))} differ")
    return bool(found)


SCHEMA = (
    "SELECT 'column ' || table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable"
    " FROM information_schema.columns WHERE table_schema = 'public'"
    " UNION SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)"
    " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    " UNION SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'"
    " UNION SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
    f" UNION SELECT 'rule ' || data.name || concat_ws(' ', '', domain_force, active, perm_read, perm_write, perm_create, perm_unlink)"
    f" FROM ir_rule rule JOIN ir_model_data data ON data.model = 'ir.rule' AND res_id = rule.id AND module = '{MODULE}'"
    f" UNION SELECT 'access ' || data.name || concat_ws(' ', '', active, perm_read, perm_write, perm_create, perm_unlink)"
    f" FROM ir_model_access rule JOIN ir_model_data data ON data.model = 'ir.model.access' AND res_id = rule.id"
    f" AND module = '{MODULE}'"
)


def compare_schema(options):
    """Compare tables, indexes and rights of an upgraded database with those of a new installation."""
    upgraded, installed = (
        set(Snapshot(name).read(SCHEMA)) for name in (options.upgraded, options.installed)
    )
    for (line,) in sorted(installed - upgraded):
        print(f"  the upgrade lacks: {line}"[:300])
    for (line,) in sorted(upgraded - installed):
        print(f"  the upgrade left: {line}"[:300])
    print(
        f"  {len(installed)} columns, indexes, constraints and rights of a new installation compared"
    )
    return upgraded != installed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    for function, *names in (
        (compare, "before", "after", "filestore"),
        (compute, "database", "computed"),
        (compare_schema, "upgraded", "installed"),
    ):
        command = commands.add_parser(function.__name__)
        command.set_defaults(function=function)
        for name in names:
            command.add_argument(name)
        if function is compare:
            command.add_argument("--uninstalled", action="store_true")
    options = parser.parse_args()
    return int(options.function(options))


if __name__ == "__main__":
    sys.exit(main())
