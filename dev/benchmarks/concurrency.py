"""50 clients at once on one activation of one company: nothing happens twice, and nobody is
blocked.

And 20 users who upload five files each that cost more than they say, at once: see dev/benchmarks/kit/flood.py.

Run by dev/bench, which brings a server of two workers and the demo companies. Every client is a
session of its own; a barrier lets all of them start each step in the same moment. After each step the
database is asked what came of it.
"""

import base64
import itertools
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pdf_samples
import psycopg2
from kit.flood import Flood
from kit.row import Row
from shared.session import ACTIVATION, REPRESENTATIVE, WIZARD, Refused, Session

CLIENTS = 4 if "--quick" in sys.argv else 50
FLOODERS = 2 if "--quick" in sys.argv else 20
# The variants: who of which demo company buys, and of how many charges the provider confirms it.
VARIANTS = ((("ana", "mario"), 1), (("flor",), 2))
ALLOWED_ERRORS = 0.01  # of the clients
# Odoo lets eight connections wait for each worker, and the kernel resets what comes beyond: what a
# reverse proxy is for. Like one, let no more in at a time; two workers serve two at a time anyway.
WAITING_ROOM = threading.BoundedSemaphore(2 * 8)
# And of requests that bring files, one for each worker: nginx's limit_conn. Each is read whole, also to be
# refused, and whoever wants a page waits for those that stand before him.
UPLOAD_ROOM = threading.BoundedSemaphore(2)


class Bench:
    """Steps that all clients do at once, and what they leave in the database."""

    def __init__(self, url, database, logins):
        self.database = psycopg2.connect(dbname=database)
        self.database.autocommit = True
        (self.company,) = self.query("SELECT company_id FROM res_users WHERE login = %s", logins[0])
        turns = itertools.cycle(logins)
        self.clients = [
            Session(url, database, next(turns), room=WAITING_ROOM) for _client in range(CLIENTS)
        ]
        self.pool = ThreadPoolExecutor(CLIENTS)
        self.rows = []
        self.failed = set()
        self.broken = []

    def query(self, sql, *params):
        with self.database.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchone()

    def together(self, step, *actions, **expected):
        """Let every client do one of the actions (turn by turn) in the same moment.

        :param str step: its name in the table
        :param actions: functions of a client
        :param expected: what the database must say then, by the names in `get_facts`
        :return: the answers, None where one was refused
        """
        barrier = threading.Barrier(CLIENTS)
        times, refused, failed, answers = [], [], [], []

        def run(number):
            client, action = self.clients[number], actions[number % len(actions)]
            barrier.wait()
            started = time.perf_counter()
            answer = None
            try:
                answer = action(client)
            except Refused as refusal:
                refused.append(str(refusal))
            except Exception as error:  # whatever a client sees counts
                failed.append(f"{type(error).__name__}: {error}")
                self.failed.add(number)
            times.append(time.perf_counter() - started)
            return answer

        answers = list(self.pool.map(run, range(CLIENTS)))
        facts = self.get_facts()
        for name, value in expected.items():
            if facts[name] != value:
                self.broken.append(f"{step}: {name} is {facts[name]}, not {value}")
        for error in sorted(set(failed)):
            print(f"{step}: {error}", file=sys.stderr)
        median, worst = statistics.median(times), max(times)
        self.rows.append((step, len(failed), len(refused), f"{median:.2f}", f"{worst:.2f}"))
        return answers

    def get_facts(self):
        """Return what the database holds of the company's certificate."""
        names = ("activations", "states", "invoices", "payments", "recorded", "used", "steps")
        return dict(
            zip(
                names,
                self.query(
                    """
                    WITH activation AS (
                        SELECT * FROM certificate_activation WHERE company_id = %s
                    ), invoice AS (
                        SELECT move.* FROM account_move move
                        JOIN res_company company ON company.partner_id = move.partner_id
                        WHERE company.id = %s AND move.move_type = 'out_invoice'
                          AND move.state <> 'cancel'
                    ), transaction AS (
                        SELECT transaction.* FROM payment_transaction transaction
                        JOIN account_invoice_transaction_rel rel ON rel.transaction_id = transaction.id
                        JOIN invoice ON invoice.id = rel.invoice_id
                        WHERE transaction.state = 'done'
                    )
                    SELECT (SELECT count(*) FROM activation),
                           (SELECT string_agg(state, ' ') FROM activation),
                           (SELECT count(*) FROM invoice),
                           (SELECT count(*) FROM account_payment WHERE payment_transaction_id IN
                               (SELECT id FROM transaction)),
                           (SELECT count(*) FROM transaction WHERE is_post_processed),
                           (SELECT count(*) FROM activation JOIN invoice
                               ON activation.payment_move_id = invoice.id),
                           (SELECT count(*) FROM mail_tracking_value value
                               JOIN mail_message message ON message.id = value.mail_message_id
                               JOIN activation ON activation.id = message.res_id
                               WHERE message.model = 'certificate.activation'
                                 AND value.old_value_char <> '')
                    """,
                    self.company,
                    self.company,
                ),
                strict=True,
            )
        )


def walk(bench, charges, flood=None):
    """Let all clients walk from nothing to an active certificate, side by side.

    :param int charges: of how many transactions the provider confirms the payment
    :param flood: called with the activation when it waits for the signed letter
    """
    wizards = bench.together(
        f"open ({charges} charge)",
        lambda client: client.call(ACTIVATION, "action_open_wizard", []),
        activations=1,
        states="pay",
        invoices=0,
    )
    wizard = wizards[0]["res_id"]
    (activation,) = bench.query(
        "SELECT activation_id FROM certificate_activation_wizard WHERE id = %s", wizard
    )

    def act(method):
        return lambda client: client.call(ACTIVATION, method, [activation])

    links = bench.together("buy", act("action_pay"), activations=1, invoices=1, used=1)
    link = next(answer["url"] for answer in links if answer)
    references = [client.submit_payment(link) for client in bench.clients[:charges]]
    turns = itertools.cycle(references)

    def poll(client):
        """The page that the provider's visitors come back to; it says retry while another one works."""
        try:
            return client.post("/payment/status/poll")
        except Refused as refusal:
            if str(refusal) in ("retry", "tx_not_found"):
                return None
            raise

    bench.together(
        "confirm, come back, verify, buy again",
        lambda client: client.confirm_payment(next(turns)),
        poll,
        act("action_verify_payment"),
        act("action_pay"),
    )
    # The rest of the charges, and what a cron would do with them.
    for reference in references:
        bench.clients[0].confirm_payment(reference)
    bench.clients[0].post("/payment/status/poll")
    bench.together(
        "verify",
        act("action_verify_payment"),
        activations=1,
        invoices=1,
        used=1,
        payments=charges,
        recorded=charges,
        states="pay",
    )
    bench.together("continue", act("action_continue"), states="process", steps=1)
    bench.clients[0].call(ACTIVATION, "write", [activation], REPRESENTATIVE)
    bench.together("download the letter", act("action_download_letter"), states="process")
    if flood:
        flood(activation)
    scan = base64.b64encode(pdf_samples.scan_pdf(2)).decode()
    bench.clients[0].call(ACTIVATION, "write", [activation], {"signed_letter": scan})
    bench.together(
        "finish", act("action_finish"), states="active", steps=2, invoices=1, payments=charges
    )
    # Eleven months later.
    bench.query(
        "UPDATE certificate_activation SET date_start = date_start - 320, date_end = date_end - 320 "
        "WHERE id = %s RETURNING id",
        activation,
    )
    pages = {
        client: page["res_id"] for client, page in zip(bench.clients, wizards, strict=True) if page
    }
    bench.together(
        "renew",
        lambda client: client.call(WIZARD, "action_renew", [pages[client]]),
        activations=2,
        invoices=1,
    )


def main():
    row = Row(__doc__, quick="four clients, the first variant only")
    broken, failed, rows = [], 0, []
    for logins, charges in VARIANTS[:1] if row.quick else VARIANTS:
        bench = Bench(row.url, row.database, logins)
        flood = None
        if not rows:

            def flood(activation, bench=bench):
                Flood(bench, row.url, activation, FLOODERS).run(row, UPLOAD_ROOM)

        walk(bench, charges, flood)
        rows += bench.rows
        broken += bench.broken
        failed += len(bench.failed)
    print(f"| {CLIENTS} clients at once | errors | refused | median s | worst s |")
    print("|---|---|---|---|---|")
    for values in rows:
        print("| " + " | ".join(map(str, values)) + " |")
    row.add(
        f"clients that see an error, of {CLIENTS} at once on one activation",
        failed,
        f"{ALLOWED_ERRORS:.0%}",
        failed <= ALLOWED_ERRORS * CLIENTS,
    )
    row.add("what was done twice, or not at all", "; ".join(broken) or 0, 0, not broken)
    return row.finish()


if __name__ == "__main__":
    sys.exit(main())
