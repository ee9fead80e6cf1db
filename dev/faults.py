"""Breaks things on purpose while companies walk the three steps, and asks the database what is left.

Run by dev/faults, which makes a PostgreSQL and a filestore that nobody else uses. Each fault happens
while several people walk. They do what people do when a page fails: open it again and go on. After
each fault everything that was acknowledged to somebody must be there, nothing twice and nothing half.
"""

import argparse
import base64
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pdf_samples
import psutil
import psycopg2
import requests
from odoo_session import ACTIVATION, REPRESENTATIVE, WIZARD, Refused, Session
from stdnum.co import nit

SEED = 20260228
WALKERS = 4
COMPANIES = 2  # of each walker, in each walk
PATIENCE = 180  # seconds, for a walk from its last fault to its end
SIGNER = "ana"  # the user whose company signs all the time

LETTER = "l10n_co_certificate_activation.exoneration_letter"
RECORD = "l10n_co_certificate_activation.activation_record"
# What a client sees of a server that is ill; anything else that is not a sentence is a mistake of ours.
PASSING = (
    "psycopg2.",
    "odoo.http.SessionExpiredException",
    "werkzeug.exceptions.",
    "odoo.exceptions.ConcurrencyError",
)

SIGN = """
import itertools, sys, time
import psycopg2
sys.path.append({tests!r})
from xml_samples import make_document
company = env["res.users"].search([("login", "=", {login!r})]).company_id
record = env["res.partner"].create({{"name": "Documents", "company_id": company.id}})
try:
    for number in itertools.count({start}):
        activation = company._get_active_certificate_activation()
        activation._sign_xml(make_document(number=f"SETP{{number}}"), record)
        env.cr.commit()
        print("signed", number, flush=True)
        time.sleep(0.05)
except psycopg2.Error:
    pass
"""

CHECK_LOG = """
company = env["res.users"].search([("login", "=", {login!r})]).company_id
print("broken", env["certificate.signature.log"].sudo()._find_breaks(company))
"""


# === WHAT CAN BREAK === #


class Postgres:
    """A cluster of its own."""

    def __init__(self, options, name, port):
        self.command = [*options.as_postgres.split(), f"{options.pg_bin}/pg_ctl"]
        self.folder, self.port, self.socket = options.folder / name, port, options.socket

    def run(self, *arguments):
        subprocess.run(
            [*self.command, "-D", str(self.folder), "-w", *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start(self):
        settings = f"-c listen_addresses='' -p {self.port} -k {self.socket} -c max_connections=200"
        self.run("-l", f"{self.folder}.log", "-o", settings, "start")

    def stop(self, mode="fast"):
        self.run("-m", mode, "stop")

    def restart(self):
        """As after a crash: nobody is told, and the log is replayed."""
        self.stop("immediate")
        self.start()


class Server:
    """An Odoo of two workers for requests and one for crons."""

    def __init__(self, options, port, *arguments, prefix=()):
        self.options, self.port = options, port
        self.url = f"http://127.0.0.1:{port}"
        self.command = [
            *prefix,
            sys.executable,
            str(options.odoo_bin),
            *("-c", str(options.conf), "-d", options.database, "--workers", "2"),
            *("--http-port", str(port), "--gevent-port", str(port + 1)),
            *("--max-cron-threads", "1", "--log-level", "critical", *arguments),
        ]

    def start(self):
        with (self.options.folder / f"odoo-{self.port}.log").open("ab") as log:
            # In a group of its own, so that nothing of it is left when it is killed.
            self.process = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait()

    def wait(self):
        """Wait until it serves."""
        for _try in range(300):
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{self.url}/web/health", timeout=5).ok:
                    return
            time.sleep(0.2)
        raise RuntimeError(f"the server on port {self.port} does not serve")

    def keep_going(self):
        """Start it again when it has ended, as a service manager does: Odoo may end with its database."""
        if self.process.poll() is not None:
            self.kill()
            self.start()

    def get_workers(self):
        """Return the processes for requests and crons, which Odoo starts again when they end."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "gevent" not in child.cmdline()]

    def kill(self):
        """End it at once, with all of its workers, also those whose main process has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Signer:
    """A process that signs one document after the other, and says so after each commit."""

    def __init__(self, options):
        self.options, self.acknowledged, self.process = options, [], None

    def open_shell(self):
        options = "-c", str(self.options.conf), "-d", self.options.database, "--no-http"
        with (self.options.folder / "signer.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "odoo", "shell", *options, "--log-level", "critical"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def start(self):
        script = SIGN.format(
            tests=str(self.options.tests), start=len(self.acknowledged) * 10, login=SIGNER
        )
        self.process = self.open_shell()
        self.process.stdin.write(script)
        self.process.stdin.close()
        threading.Thread(target=self.read, args=(self.process,), daemon=True).start()

    def read(self, process):
        for line in process.stdout:
            if line.startswith("signed "):
                self.acknowledged.append(line)

    def keep_going(self):
        """Start it again when it has ended: it gives up when the database does."""
        if self.process.poll() is not None:
            self.start()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def find_breaks(self):
        output, _errors = self.open_shell().communicate(CHECK_LOG.format(login=SIGNER))
        return next(
            (line.strip() for line in output.splitlines() if line.startswith("broken ")),
            "the log could not be checked",
        )


# === WHO WALKS === #


class Walker(threading.Thread):
    """A person who walks the three steps for some companies, and opens the page again when it fails."""

    def __init__(self, scene, logins):
        super().__init__(daemon=True)
        self.scene, self.logins = scene, logins
        self.random = random.Random(f"{SEED} {logins}")
        self.session = None
        # What was acknowledged: {activation: facts}, and what nobody should have seen.
        self.ledger, self.mistakes, self.failures, self.seen = {}, [], 0, set()
        self.stale = 0

    def run(self):
        for login in self.logins:
            try:
                self.walk(login)
            except Exception as error:
                self.mistakes.append(f"{login}: {type(error).__name__}: {error}")

    def insist(self, act):
        """Do something until it is answered, as whoever sees an error page does.

        :param act: a function of a session
        :return: its answer
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if self.session is None:
                    server = self.random.choice(self.scene.servers)
                    self.session = Session(server.url, self.scene.options.database, self.login)
                return act(self.session)
            except Refused as refusal:
                self.seen.add(str(refusal))
            except requests.RequestException as error:
                if (
                    error.response is not None
                    and error.response.status_code < 500
                    and error.response.status_code not in (404, 408, 429)
                ):
                    raise
                self.session = None
            except RuntimeError as error:
                if not str(error).startswith(PASSING):
                    raise
                self.session = None
            self.failures += 1
            if time.monotonic() > deadline:
                raise TimeoutError(f"gave up after {PATIENCE} s; last seen: {list(self.seen)[-1:]}")
            time.sleep(0.3)

    def call(self, model, method, *args):
        return self.insist(lambda session: session.call(model, method, *args))

    def read(self, name):
        (values,) = self.call(ACTIVATION, "read", [self.activation], [name])
        return values[name]

    def walk(self, login):
        self.login, self.session = login, None
        page = self.call(ACTIVATION, "action_open_wizard", [])
        (wizard,) = self.call(WIZARD, "read", [page["res_id"]], ["activation_id"])
        self.activation = wizard["activation_id"][0]
        facts = self.ledger.setdefault(self.activation, {"charges": set()})
        while self.read("state") == "pay":
            self.pay(facts)
            if self.read("payment_status") == "paid":
                facts["state"] = "paid"
                self.insist(lambda session: self.step(session, "action_continue", "process"))
        facts["state"] = "process"
        self.call(ACTIVATION, "write", [self.activation], REPRESENTATIVE)
        facts["representative"] = True
        self.call(ACTIVATION, "action_download_letter", [self.activation])
        self.insist(lambda session: self.download(session, LETTER))
        scan = pdf_samples.scan_pdf(1 + self.activation % 3) + b"%% %d\n" % self.activation
        self.call(
            ACTIVATION,
            "write",
            [self.activation],
            {"signed_letter": base64.b64encode(scan).decode()},
        )
        facts["sha256"] = hashlib.sha256(scan).hexdigest()
        self.insist(lambda session: self.step(session, "action_finish", "active"))
        facts["state"] = "active"
        self.insist(lambda session: self.download(session, RECORD))

    def step(self, session, method, state):
        """Take a step; one whose answer was lost has been taken all the same."""
        session.call(ACTIVATION, method, [self.activation])
        for _try in range(50):
            (values,) = session.call(ACTIVATION, "read", [self.activation], ["state"])
            if values["state"] == state:
                return
            # A replica of the database answers with what it has received so far.
            self.stale += 1
            time.sleep(0.1)
        raise AssertionError(f"{method} left {values['state']}")

    def download(self, session, report):
        """Download a report as the web client does."""
        data = json.dumps([f"/report/pdf/{report}/{self.activation}", "qweb-pdf"])
        answer = session.request("GET", "/report/download", params={"data": data})
        if not answer.content.startswith(b"%PDF"):
            raise AssertionError(f"{report} is no PDF")

    def pay(self, facts):
        """Buy, unless it was bought, and let the provider insist on its confirmation."""
        if self.call(ACTIVATION, "action_verify_payment", [self.activation]):
            return
        if self.read("payment_status") in ("pending", "recording"):
            time.sleep(0.3)
            if not facts.get("reference"):
                return
        else:
            link = self.call(ACTIVATION, "action_pay", [self.activation])["url"]
            facts["reference"] = self.insist(lambda session: session.submit_payment(link))
        reference = facts["reference"]
        self.insist(lambda session: session.confirm_payment(reference))
        facts["charges"].add(reference)
        # The page that the provider's visitors come back to; when it fails Odoo's cron does its work.
        with contextlib.suppress(Refused, RuntimeError, requests.RequestException):
            if self.session:
                self.session.post("/payment/status/poll")


class Scene:
    """The servers, the people and the database, and what has been found."""

    def __init__(self, options):
        self.options = options
        self.random = random.Random(SEED)
        self.postgres = Postgres(options, "postgresql", options.pg_port)
        self.servers = [Server(options, options.port)]
        self.signer = Signer(options)
        self.logins = [f"walker{number}" for number in range(WALKERS * COMPANIES)]
        self.rows, self.mistakes = [], []

    @property
    def server(self):
        return self.servers[0]

    def query(self, sql, *params, database=None, port=None):
        connection = psycopg2.connect(
            dbname=database or self.options.database,
            host=str(self.options.socket),
            port=port or self.options.pg_port,
            user="odoo",
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, params or None)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    # === BEFORE === #

    def prepare(self):
        """Make companies that walk, each with a user."""
        admin = Session(self.server.url, self.options.database, "admin")

        country, currency, state, rut, group = self.query(
            """
                SELECT (SELECT id FROM res_country WHERE code = 'CO'),
                       (SELECT id FROM res_currency WHERE name = 'COP'),
                       (SELECT id FROM res_country_state WHERE code = 'ANT'),
                       (SELECT res_id FROM ir_model_data
                        WHERE module = 'l10n_co' AND name = 'rut'),
                       (SELECT res_id FROM ir_model_data
                        WHERE module = 'account' AND name = 'group_account_invoice')
                """
        )[0]
        for number, login in enumerate(self.logins):
            digits = str(901000000 + 7 * number)
            company = admin.call(
                "res.company",
                "create",
                {
                    "name": f"Compañía {login} SAS",
                    "vat": f"{digits}-{nit.calc_check_digit(digits)}",
                    "country_id": country,
                    "currency_id": currency,
                    "street": "Carrera 43A # 1-50",
                    "city": "Medellín",
                    "state_id": state,
                    "phone": "+57 604 123 4567",
                    "email": f"{login}@example.com",
                },
            )
            ((partner,),) = self.query("SELECT partner_id FROM res_company WHERE id = %s", company)
            admin.call(
                "res.partner", "write", [partner], {"l10n_latam_identification_type_id": rut}
            )
            admin.call(
                "res.users",
                "create",
                {
                    "name": login,
                    "login": login,
                    "password": login,
                    "email": f"{login}@example.com",
                    "company_id": company,
                    "company_ids": [[6, 0, [company]]],
                    "group_ids": [[6, 0, [group]]],
                },
            )

    def let_time_pass(self):
        """Let everything that was activated by walkers have ended, so that they walk again."""
        self.query(
            "UPDATE certificate_activation SET state = 'expired', date_start = date_start - 400, "
            "date_end = date_end - 400 WHERE state = 'active' AND company_id IN "
            "(SELECT company_id FROM res_users WHERE login LIKE 'walker%%')"
        )

    # === DURING === #

    def walk(self, name, fault):
        """Let everybody walk while a fault happens, and look at what is left."""
        print(f"{name} ...", file=sys.stderr, flush=True)
        self.let_time_pass()
        started = time.monotonic()
        self.walkers = [Walker(self, self.logins[number::WALKERS]) for number in range(WALKERS)]
        signed = len(self.signer.acknowledged)
        for walker in self.walkers:
            walker.start()
        self.found = []
        happened = fault(self)
        self.finish_walks()
        seconds = time.monotonic() - started
        mistakes = ["somebody still walks"] if self.is_walking() else []
        mistakes += self.found + self.find_mistakes()
        failures = sum(walker.failures for walker in self.walkers)
        signatures = len(self.signer.acknowledged) - signed
        self.note(name, happened, len(self.logins), signatures, failures, seconds, mistakes)

    def note(self, name, happened, walks, signatures, failures, seconds, mistakes):
        self.rows.append(
            (name, happened, walks, signatures, failures, f"{seconds:.0f}", len(mistakes))
        )
        for mistake in mistakes:
            print(f"{name}: {mistake}", file=sys.stderr)
        self.mistakes += mistakes

    def finish_walks(self):
        """Wait until everybody has come to the end."""
        deadline = time.monotonic() + PATIENCE
        while self.is_walking() and time.monotonic() < deadline:
            self.look_after()
            time.sleep(0.2)

    def look_after(self):
        self.signer.keep_going()
        for server in self.servers:
            server.keep_going()

    def wake_cron(self):
        """Let the daily cron run now."""
        self.query(
            "UPDATE ir_cron SET nextcall = (now() AT TIME ZONE 'UTC') - interval '1 hour' FROM ir_model_data data "
            "WHERE data.model = 'ir.cron' AND data.res_id = ir_cron.id "
            "AND data.name = 'ir_cron_certificate_validity'"
        )
        self.query("NOTIFY cron_trigger, 'faults'", database="postgres")

    def run_cron(self, left):
        """Let the daily cron run until nothing is left for it, for a minute at most.

        :param str left: a query that counts that
        :return: what is left
        :rtype: int
        """
        for second in range(60):
            # Again and again: Odoo puts off a cron that has often ended by force.
            if second % 10 == 0:
                self.wake_cron()
            self.look_after()
            time.sleep(1)
            ((count,),) = self.query(left)
            if not count:
                break
        return count

    def is_walking(self):
        return any(walker.is_alive() for walker in self.walkers)

    def moments(self, count, shortest=1.0, longest=3.0):
        """Yield at moments by chance while somebody walks, at most so many times."""
        for number in range(count):
            time.sleep(self.random.uniform(shortest, longest))
            self.look_after()
            if not self.is_walking():
                return
            yield number

    # === AFTER === #

    def find_mistakes(self):
        """Compare what was acknowledged with what the database holds, and ask for its invariants."""
        mistakes = [mistake for walker in self.walkers for mistake in walker.mistakes]
        for walker in self.walkers:
            for activation, facts in walker.ledger.items():
                mistakes += self.find_lost(activation, facts)
        for name, sql in INVARIANTS.items():
            if found := self.query(sql):
                mistakes.append(f"{name}: {found[:5]}")
        mistakes += self.find_bad_files()
        ((signatures,),) = self.query("SELECT count(*) FROM certificate_signature_log")
        if signatures < len(self.signer.acknowledged):
            mistakes.append(f"{len(self.signer.acknowledged) - signatures} signatures are lost")
        return mistakes

    def find_lost(self, activation, facts):
        """Yield what was acknowledged to a walker and is not there."""
        ((state, sha256, name),) = self.query(
            "SELECT state, signed_letter_sha256, representative_name FROM certificate_activation "
            "WHERE id = %s",
            activation,
        )
        order = ("pay", "process", "active", "expired")
        if order.index(state) < order.index(facts.get("state", "pay").replace("paid", "pay")):
            yield f"{activation} is at {state}, and was at {facts['state']}"
        if facts.get("sha256", sha256) != sha256:
            yield f"{activation} has another letter"
        if facts.get("representative") and not name:
            yield f"{activation} has lost its representative"
        for reference in facts["charges"]:
            ((booked,),) = self.query(
                "SELECT count(*) FROM account_payment payment JOIN payment_transaction tx "
                "ON tx.id = payment.payment_transaction_id WHERE tx.reference = %s",
                reference,
            )
            if booked != 1:
                yield f"the charge {reference} was booked {booked} times"

    def find_bad_files(self):
        """Yield the stored files of unfinished and active activations that are not what they were."""
        rows = self.query(
            """
            SELECT activation.id, attachment.res_field, attachment.store_fname,
                   CASE attachment.res_field WHEN 'signed_letter' THEN signed_letter_sha256
                        ELSE record_sha256 END
            FROM certificate_activation activation JOIN ir_attachment attachment
              ON attachment.res_model = 'certificate.activation' AND attachment.res_id = activation.id
            WHERE attachment.res_field IN ('signed_letter', 'record_file')
            """
        )
        for activation, field, name, sha256 in rows:
            path = self.options.filestore / name
            if not path.exists():
                yield f"{field} of {activation} is missing"
            elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                yield f"{field} of {activation} is not what was stored"


INVARIANTS = {
    "two are active": """
        SELECT company_id FROM certificate_activation WHERE state = 'active'
        GROUP BY company_id HAVING count(*) > 1""",
    "two are open": """
        SELECT company_id FROM certificate_activation WHERE state IN ('pay', 'process')
        GROUP BY company_id, route HAVING count(*) > 1""",
    "one payment serves two": """
        SELECT payment_move_id FROM certificate_activation WHERE payment_move_id IS NOT NULL
        GROUP BY payment_move_id HAVING count(*) > 1""",
    "past the payment without one": """
        SELECT activation.id FROM certificate_activation activation
        LEFT JOIN account_move move ON move.id = activation.payment_move_id
        WHERE activation.state IN ('process', 'active') AND activation.route = 'loan'
          AND move.payment_state IS DISTINCT FROM 'paid'
          AND move.payment_state IS DISTINCT FROM 'in_payment'""",
    "bought twice": """
        SELECT company.id FROM certificate_activation activation
        JOIN res_company company ON company.id = activation.company_id
        JOIN account_move move ON move.partner_id = company.partner_id
        WHERE move.move_type = 'out_invoice' AND move.state <> 'cancel'
          AND company.id IN (SELECT company_id FROM res_users WHERE login LIKE 'walker%')
        GROUP BY company.id HAVING count(DISTINCT move.id) > count(DISTINCT activation.id)""",
    "a charge is not booked": """
        SELECT tx.reference FROM payment_transaction tx
        LEFT JOIN account_payment payment ON payment.payment_transaction_id = tx.id
        WHERE tx.state = 'done' AND tx.is_post_processed
        GROUP BY tx.id HAVING count(payment.id) <> 1""",
    "active and incomplete": """
        SELECT id FROM certificate_activation WHERE state = 'active' AND route = 'loan'
          AND (certificate_id IS NULL OR date_start IS NULL OR date_end IS NULL OR letter_code IS NULL
               OR signed_letter_sha256 IS NULL OR record_sha256 IS NULL OR record_code IS NULL)""",
    "a letter is too large": """
        SELECT id FROM certificate_activation WHERE signed_letter_size > 1048576""",
    "a step was taken twice": """
        SELECT message.res_id FROM mail_tracking_value value
        JOIN mail_message message ON message.id = value.mail_message_id
        JOIN ir_model_fields field ON field.id = value.field_id
        WHERE message.model = 'certificate.activation' AND field.name = 'state'
        GROUP BY message.res_id, value.new_value_char HAVING count(*) > 1""",
    "a signature has no place": """
        SELECT id FROM certificate_signature_log WHERE position IS NULL OR hash IS NULL""",
    "somebody was reminded twice": """
        SELECT activity.res_id FROM mail_activity activity JOIN mail_activity_type type
          ON type.id = activity.activity_type_id
        JOIN ir_model_data data ON data.model = 'mail.activity.type' AND data.res_id = type.id
        WHERE data.name = 'mail_activity_type_expiry'
        GROUP BY activity.res_id, activity.user_id HAVING count(*) > 1""",
}


# === FAULTS === #


def kill_workers(scene):
    """A worker is killed: the answer under way is lost."""
    killed = 0
    for _moment in scene.moments(8):
        with contextlib.suppress(psutil.NoSuchProcess, IndexError):
            scene.random.choice(scene.server.get_workers()).kill()
            killed += 1
    return f"{killed} killed"


def kill_signer(scene):
    killed = 0
    for _moment in scene.moments(6):
        scene.signer.kill()
        killed += 1
    return f"{killed} killed"


def restart_postgresql(scene):
    """PostgreSQL ends at once and replays its log."""
    restarted = 0
    for _moment in scene.moments(3, 3, 6):
        scene.postgres.restart()
        restarted += 1
    return f"{restarted} restarts"


def terminate_connections(scene):
    """All connections end, as after a failover."""
    ended = 0
    for _moment in scene.moments(6):
        ended += len(
            scene.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        )
    return f"{ended} connections"


def fill_filestore(scene):
    """The disk of the filestore is full, until somebody makes room."""
    folder = scene.options.filestore
    full = scene.options.folder / "full"
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    mount = ["mount", "-t", "tmpfs", "-o"]
    # Room for what is there and no more: a file takes whole pages.
    if (
        os.geteuid()
        or subprocess.run([*mount, "size=1m", "tmpfs", str(folder)], check=False).returncode
    ):
        return "left out: only root can mount a small disk"
    subprocess.run(["umount", str(folder)], check=True)
    folder.rename(full)
    folder.mkdir()
    subprocess.run([*mount, f"size={2 * size + (64 << 20)}", "tmpfs", str(folder)], check=True)
    try:
        shutil.copytree(full, folder, dirs_exist_ok=True)
        filler = folder / "filler"
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(bytes(4096))
                file.flush()
        for _moment in scene.moments(4, 4, 4):
            pass
        filler.unlink()
        scene.finish_walks()
        shutil.copytree(folder, full, dirs_exist_ok=True)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()
        full.rename(folder)
    seen = {sentence for walker in scene.walkers for sentence in walker.seen}
    return f"full for 16 s; said: {'; '.join(sorted(seen)) or 'nothing'}"


def damage_files(scene):
    """Stored files are missing, cut off or altered: none of them is given out as if it were right."""
    scene.finish_walks()
    damages = {
        "missing": Path.unlink,
        "cut off": lambda path: path.write_bytes(path.read_bytes()[:100]),
        "altered": lambda path: path.write_bytes(path.read_bytes()[:-2] + b"!\n"),
    }
    refused = 0
    for walker in scene.walkers:
        session = Session(scene.server.url, scene.options.database, walker.login)
        for field, path in (
            ("signed_letter", "/web/content/" + ACTIVATION),
            ("record_file", f"/report/pdf/{RECORD}"),
        ):
            address = f"{path}/{walker.activation}"
            if field == "signed_letter":
                address += "/signed_letter"
            ((name,),) = scene.query(
                "SELECT store_fname FROM ir_attachment "
                "WHERE res_model = %s AND res_field = %s AND res_id = %s",
                ACTIVATION,
                field,
                walker.activation,
            )
            file = scene.options.filestore / name
            whole = file.read_bytes()
            for damage, work in damages.items():
                work(file)
                try:
                    if session.request("GET", address).content.startswith(b"%PDF"):
                        scene.found.append(f"a {field} that is {damage} is given out")
                    else:
                        refused += 1
                except requests.RequestException:
                    refused += 1
                file.write_bytes(whole)
            if session.request("GET", address).content != whole:
                scene.found.append(f"a {field} that was put back is not given out")
    return f"{refused} damaged files refused"


def kill_cron(scene):
    """The worker of the cron is killed while it reminds."""
    scene.finish_walks()
    scene.query(
        "UPDATE certificate_activation SET date_end = (now() AT TIME ZONE 'America/Bogota')::date + 20, "
        "date_start = date_start - 300, reminded_days = NULL WHERE state = 'active'"
    )
    killed = 0
    for _time in range(10):
        scene.wake_cron()
        time.sleep(scene.random.uniform(0, 1))
        for (name,) in scene.query(
            # Where it listens for what is due.
            "SELECT application_name FROM pg_stat_activity WHERE datname = 'postgres' "
            "AND application_name LIKE 'odoo-%%'"
        ):
            with contextlib.suppress(ProcessLookupError, ValueError):
                os.kill(int(name.removeprefix("odoo-")), signal.SIGKILL)
                killed += 1
    left = scene.run_cron(
        "SELECT count(*) FROM certificate_activation WHERE state = 'active' AND reminded_days IS NULL"
    )
    if left:
        scene.found.append(f"{left} were not reminded of")
    return f"{killed} killed"


def turn_clock(scene):
    """The server's clock goes back by half a day, and then forward by more than a year, and is put right."""
    if not shutil.which("faketime"):
        scene.finish_walks()
        return "left out: it needs Debian's package faketime"
    right = scene.servers[0]
    right.kill()
    clocks = {
        turn: Server(scene.options, right.port, prefix=("faketime", "-f", turn))
        for turn in ("-12h", "+500d")
    }
    scene.servers[0] = clocks["-12h"]
    scene.server.start()
    scene.finish_walks()
    scene.server.kill()
    reminded = "SELECT count(*) FROM mail_activity WHERE res_model = 'certificate.activation'"
    scene.servers[0] = clocks["+500d"]
    scene.server.start()
    left = scene.run_cron("SELECT count(*) FROM certificate_activation WHERE state = 'active'")
    if left:
        scene.found.append(f"{left} are active after their end")
    scene.server.kill()
    told = scene.query(reminded)
    scene.servers[0] = right
    right.start()
    scene.run_cron("SELECT 0")
    time.sleep(5)
    if scene.query(reminded) != told:
        scene.found.append("somebody was told again when the clock was put right")
    return "12 hours back, 500 days forward, and put right"


def replace_server(scene):
    """Two servers on one filestore, reading from a replica: one is killed and another takes its place."""
    replica = Postgres(scene.options, "replica", scene.options.pg_port + 1)
    program = *scene.options.as_postgres.split(), f"{scene.options.pg_bin}/pg_basebackup"
    primary = "-h", str(scene.options.socket), "-p", str(scene.options.pg_port), "-U", "odoo"
    subprocess.run([*program, "-R", "-D", str(replica.folder), *primary, "-c", "fast"], check=True)
    replica.start()
    reading = (f"--db_replica_host={replica.socket}", f"--db_replica_port={replica.port}")
    alone = scene.servers
    try:
        for server in alone:
            server.kill()
        ports = [scene.options.port + number for number in (10, 20, 30)]
        one, two, three = (Server(scene.options, port, *reading) for port in ports)
        one.start()
        two.start()
        scene.servers = [one, two]
        for number in scene.moments(2, 6, 8):
            if number:
                # Started before the other one ends, as when a machine is replaced.
                scene.servers = [one]
                two.kill()
                three.start()
                scene.servers = [one, three]
        scene.finish_walks()
        ((read,),) = scene.query(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s",
            scene.options.database,
            port=replica.port,
        )
    finally:
        for server in scene.servers:
            server.kill()
        replica.stop("immediate")
        scene.servers = alone
        for server in alone:
            server.start()
    stale = sum(walker.stale for walker in scene.walkers)
    return f"{read} transactions on the replica, {stale} of them behind"


FAULTS = {
    "nothing": lambda scene: "",
    "workers": kill_workers,
    "signer": kill_signer,
    "postgresql": restart_postgresql,
    "connections": terminate_connections,
    "filestore": fill_filestore,
    "files": damage_files,
    "servers": replace_server,
    "cron": kill_cron,
    # The last one: all that was active has ended after it.
    "clock": turn_clock,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults", nargs="*", help=f"of {', '.join(FAULTS)}")
    for name in ("folder", "conf", "socket", "filestore", "tests", "odoo-bin"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("port", "pg-port"):
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in ("database", "pg-bin"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--as-postgres", default="")
    options = parser.parse_args()
    if unknown := set(options.faults) - set(FAULTS):
        parser.error(
            f"there is no fault {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}"
        )
    scene = Scene(options)
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(143))
    scene.server.start()
    try:
        scene.prepare()
        activate_signer(scene)
        scene.signer.start()
        for name in options.faults or FAULTS:
            scene.walk(name, FAULTS[name])
        scene.signer.kill()
        if (breaks := scene.signer.find_breaks()) != "broken []":
            scene.mistakes.append(f"the log of signatures: {breaks}")
    finally:
        if scene.signer.process:
            scene.signer.kill()
        for server in scene.servers:
            server.kill()
    print("| fault | happened | walks | signatures | errors seen | seconds | mistakes |")
    print("|---|---|---|---|---|---|---|")
    for row in scene.rows:
        print("| " + " | ".join(map(str, row)) + " |")
    for mistake in scene.mistakes:
        print(f"- {mistake}")
    return 1 if scene.mistakes else 0


def activate_signer(scene):
    """Let the company that signs walk the three steps in peace."""
    scene.walkers = [Walker(scene, [SIGNER])]
    scene.walkers[0].run()
    if mistakes := scene.walkers[0].mistakes:
        raise RuntimeError(f"nobody can walk: {mistakes}")


if __name__ == "__main__":
    sys.exit(main())
