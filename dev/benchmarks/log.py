"""The log of signatures with ten million rows of ten thousand companies: whether it is checked in constant
memory, and whether who looks at a page of it waits for the rows of the others.

Run by dev/bench, which brings a database with the demo companies. This works on a copy of it: the rows are
computed here, chained and sealed as signatures are, and loaded by COPY. The check is the one that the button
begins, with the commits of its job; memory is what this process has in RAM at most, more than before.

Promise: at most 50 MB more, whatever the number of rows; the next check reads what is new; a manager's page, a
search by the document's name and an activation's count each take at most 50 milliseconds.
"""

import hashlib
import io
import os
import re
import statistics
import sys
import time
from pathlib import Path

import pdf_samples
import psycopg2
from kit.row import Row, spread
from records import activate
from shared.database import Database

COMPANIES = 10_000
EACH = 1000  # rows of a company
NEW = 2  # rows that are added to each tenth company, for the next check
TIMES = 9
MAX_MEMORY = 50  # MB
MAX_PAGE = 50  # ms
SECRET = "a secret outside of the database, of this benchmark"
CHECK = "certificate.log.check"
LOG = "certificate.signature.log"
COLUMNS = (
    "id, company_id, position, lender_id, activation_id, user_id, res_id, previous_hash, hash, role, document_type, "
    "document_name, res_model, document_digest, signature_digest, certificate_serial, "
    "certificate_fingerprint, signed_on"
)
DIGEST = "5" * 64


class Lines(io.RawIOBase):
    """What COPY reads, line by line, so that ten million lines are never there at once."""

    def __init__(self, lines):
        self.lines, self.rest = lines, b""

    def readable(self):
        return True

    def readinto(self, buffer):
        while len(self.rest) < len(buffer):
            line = next(self.lines, None)
            if line is None:
                break
            self.rest += line
        size = min(len(buffer), len(self.rest))
        buffer[:size], self.rest = self.rest[:size], self.rest[size:]
        return size


def make_rows(company_ids, lender_id, first_id, firsts, count, ends):
    """Compute rows of chains, one company after the other, as `tools.signature_chain.extend` would.

    :param dict firsts: the position of the first of them, by company
    :param dict ends: the last hash, by company, which is kept up to date
    """
    row_id = first_id
    for company_id in company_ids:
        last = ends.get(company_id, "")
        for position in range(firsts[company_id], firsts[company_id] + count):
            name = f"SETP{row_id}"
            text = (
                f'[{position}, "{last}", {row_id}, {company_id}, {lender_id}, {company_id}, 1, "2026-11-30 12:00:00", '
                f'"third party", "Invoice", "{name}", "account.move", {row_id}, "{DIGEST}", "{DIGEST}", "1a", "{DIGEST}"]'
            )
            row_hash = hashlib.sha256(text.encode()).hexdigest()
            yield (
                f"{row_id}\t{company_id}\t{position}\t{lender_id}\t{company_id}\t1\t{row_id}\t{last}\t{row_hash}\t"
                f"third party\tInvoice\t{name}\taccount.move\t{DIGEST}\t{DIGEST}\t1a\t{DIGEST}\t2026-11-30 12:00:00\n"
            ).encode()
            last = row_hash
            row_id += 1
        ends[company_id] = last


def load(database, lines):
    with psycopg2.connect(dbname=database.name) as connection, connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY certificate_signature_log ({COLUMNS}) FROM STDIN",
            io.BufferedReader(Lines(lines), 1 << 20),
        )


def seal_ends(env, ends, counts):
    """Write the head of each chain."""
    from odoo.addons.l10n_co_certificate_activation.models.keys import custody
    from odoo.addons.l10n_co_certificate_activation.tools.signature_chain import make_head

    secrets = custody.require_secrets(env)
    env.cr.execute(
        "DELETE FROM certificate_signature_head WHERE company_id = ANY(%s)", [list(ends)]
    )
    heads = [
        make_head(str(company_id), counts[company_id], last, secrets)
        for company_id, last in ends.items()
    ]
    env.cr.execute_values(
        "INSERT INTO certificate_signature_head (log, company_id, count, hash, seal) VALUES %s",
        [
            (LOG, company_id, head.count, head.hash, head.seal)
            for company_id, head in zip(ends, heads, strict=True)
        ],
    )
    env.cr.commit()


def read_memory(name):
    """Read how many MB this process has in RAM: `VmRSS` now, `VmHWM` at most."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024


def check(database, companies):
    """Check the log as the button and its job do.

    :return: seconds, seconds of the longest transaction, MB more than before, and the note of the check
    """
    from odoo.addons.l10n_co_certificate_activation.models.trace import check as job

    env = database.open()
    companies = companies.with_env(env)
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM begins anew
    before, started = read_memory("VmRSS"), time.perf_counter()
    note = job._begin(env, companies.ids, is_whole=False)
    is_done = job._advance(env, note, time.monotonic() + job._AT_ONCE)
    longest = time.perf_counter() - started
    if not is_done:
        found = env[CHECK].browse(job._keep(env, note))
    env.cr.commit()
    while not is_done:
        one = time.perf_counter()
        is_done = job._go_on(found)
        env.cr.commit()
        longest = max(longest, time.perf_counter() - one)
        note = job._read_note(found)
    taken, more = time.perf_counter() - started, read_memory("VmHWM") - before
    env.cr.close()
    return taken, longest, more, note


def measure_pages(database, login, company):
    """Look at the log as a manager does.

    :return: milliseconds each time, by page
    """
    env = database.open()
    user = env["res.users"].search([("login", "=", login)])
    spec = {"position": {}, "signed_on": {}, "document_name": {}, "outcome": {}}
    context = {"allowed_company_ids": company.ids}
    [name] = env[LOG].search([("company_id", "=", company.id)], limit=1).mapped("document_name")
    pages = {
        "newest rows": lambda log: log.web_search_read([], spec, limit=80, count_limit=10_001),
        "search by name": lambda log: log.web_search_read(
            [("document_name", "ilike", name)], spec, limit=80, count_limit=10_001
        ),
        "rows of an activation": lambda log: log.search_count(
            [("activation_id", "=", company.id)], limit=10_001
        ),
        "rolled back": lambda log: log.web_search_read(
            [("outcome", "=", "undone")], spec, limit=80, count_limit=10_001
        ),
    }
    taken = {page: [] for page in pages}
    for _time in range(TIMES):
        for page, show in pages.items():
            env.invalidate_all()
            started = time.perf_counter()
            show(env(user=user.id, context=context)[LOG])
            taken[page].append(1000 * (time.perf_counter() - started))
    env.cr.close()
    return {page: values[1:] for page, values in taken.items()}


def main():
    row = Row(__doc__, quick="a fortieth of the companies")
    companies_count = COMPANIES // 40 if row.quick else COMPANIES
    os.environ["CERTIFICATE_KEY_SECRET"] = SECRET
    database = Database(row.template)
    try:
        env = database.open()
        env.cr.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        env.cr.commit()
        # As Odoo finds it where it has created the database itself.
        env.registry.has_trigram = True
        env.registry.check_indexes(env.cr, [LOG])
        env.cr.commit()
        database.fill(companies_count)
        database.query("DELETE FROM certificate_activation WHERE name LIKE 'BENCH/%'")
        env.cr.rollback()
        # The marks of signatures belong to an activation that there is.
        activation = activate(
            env["res.users"].search([("login", "=", "flor")]).company_id, pdf_samples.scan_pdf()
        )
        companies = env["res.company"].search([("name", "like", "Empresa ")], order="id")
        lender = env.company.certificate_seller_id
        ids, ends = companies.ids, {}
        indexes = database.query(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'certificate_signature_log' "
            "AND indexname <> 'certificate_signature_log_pkey'"
        )
        env.cr.commit()
        for name, _definition in indexes:
            database.query(f"DROP INDEX {name}")
        first = 1000
        load(database, make_rows(ids, lender.id, first, dict.fromkeys(ids, 1), EACH, ends))
        for _name, definition in indexes:
            database.query(definition)
        database.query(
            "INSERT INTO certificate_signature_mark (id, company_id, lender_id, activation_id, user_id) "
            "SELECT id, company_id, lender_id, %s, 1 FROM certificate_signature_log WHERE id >= %s",
            (activation.id, first),
        )
        counts = dict.fromkeys(ids, EACH)
        seal_ends(env, ends, counts)
        database.vacuum()
        total = len(ids) * EACH
        size = database.query(
            "SELECT pg_size_pretty(pg_total_relation_size('certificate_signature_log'))"
        )[0][0]
        print(f"{total} rows, {size} with indexes", flush=True)
        first_check = check(database, companies)
        more = ids[::10]
        load(
            database,
            make_rows(more, lender.id, first + total, dict.fromkeys(more, EACH + 1), NEW, ends),
        )
        counts |= dict.fromkeys(more, EACH + NEW)
        seal_ends(env, ends, counts)
        next_check = check(database, companies)
        pages = measure_pages(database, "bench0", companies[0])
        env.cr.close()
    finally:
        database.close()
    for name, (taken, longest, memory, note) in (("first", first_check), ("next", next_check)):
        print(
            f"{name} check: {taken:.0f} s, {note['read']} rows read, {note['known']} known, "
            f"longest transaction {longest:.1f} s, {memory:.0f} MB more, {note['count_found']} findings",
            flush=True,
        )
    taken, longest, memory, note = first_check
    row.add(
        f"memory of a check of {total} rows, longest transaction of its job",
        f"{memory:.0f} MB, {longest:.1f} s ({taken:.0f} s in all)",
        f"{MAX_MEMORY} MB",
        memory <= MAX_MEMORY and note["read"] == total and not note["count_found"],
    )
    taken, longest, memory, note = next_check
    row.add(
        "rows that the next check reads",
        f"{note['read']} in {taken:.1f} s",
        f"{NEW * len(more)}",
        note["read"] == NEW * len(more) and not note["count_found"],
    )
    for page, values in pages.items():
        row.add(
            f"log of {total} rows, {page}",
            f"{spread(values, 1)} ms",
            f"{MAX_PAGE} ms",
            statistics.median(values) <= MAX_PAGE,
        )
    return row.finish()


if __name__ == "__main__":
    sys.exit(main())
