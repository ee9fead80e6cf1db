"""What breaks and who is there: PostgreSQL, servers, a signer, companies that walk, and what is found."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import invariants
import psutil
import psycopg2
import requests
from shared.session import Session
from stdnum.co import nit
from walkers import (
    CUSTODIAN,
    PATIENCE,
    SEED,
    LoanWalker,
    PortalWalker,
    RequestWalker,
    SigningWalker,
)

SIGNER = "ana"  # the user whose company signs all the time
CUSTODY = "certificate.custody.wizard"
# How many people walk by each route.
WALKERS = {LoanWalker: 4, RequestWalker: 2, PortalWalker: 2}
COMPANIES = 2  # of each walker, in each walk

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

# What *Check the log* does, of every company.
CHECK_LOGS = """
import json
companies = env["res.company"].with_context(active_test=False).search([])
found = [
    log._explain_break(company, broken)
    for log in (env["certificate.signature.log"], env["certificate.history"])
    for company, broken in log._find_breaks(companies)
]
print("found", json.dumps(found + env["certificate.history"]._find_differences(companies)))
"""

# As if time had passed; not by SQL, which the history would miss.
MOVE_PERIODS = """
from datetime import timedelta
for activation in env["certificate.activation"].search({domain!r}):
    start, end = activation.date_start, activation.date_end
    activation._trusted().write({vals})
env.cr.commit()
print("moved")
"""


# === WHAT CAN BREAK === #


class Postgres:
    """A cluster of its own."""

    def __init__(self, options, name, port):
        self.command = [*options.as_postgres.split(), f"{options.pg_bin}/pg_ctl"]
        self.folder, self.port, self.socket = options.clusters / name, port, options.socket

    def run(self, *arguments):
        subprocess.run(
            [*self.command, "-D", str(self.folder), "-w", *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start(self):
        settings = (
            f"-p {self.port} -k {self.socket} -c listen_addresses='' "
            "-c unix_socket_permissions=0700 -c max_connections=200"
        )
        self.run("-l", f"{self.folder}.log", "-o", settings, "start")

    def stop(self, mode="fast"):
        self.run("-m", mode, "stop")

    def restart(self):
        """Stop as in a crash: clients get no notice, and the log is replayed."""
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
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
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


def open_shell(options):
    """Start an `odoo shell`, which reads a script."""
    arguments = "-c", str(options.conf), "-d", options.database, "--no-http"
    with (options.folder / "shell.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "odoo", "shell", *arguments, "--log-level", "critical"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )


class Signer:
    """A process that signs one document after the other, and says so after each commit."""

    def __init__(self, options):
        self.options, self.acknowledged, self.process = options, [], None

    def start(self):
        script = SIGN.format(
            tests=str(self.options.tests), start=len(self.acknowledged) * 10, login=SIGNER
        )
        self.process = open_shell(self.options)
        self.process.stdin.write(script)
        self.process.stdin.close()
        threading.Thread(target=self.read, args=(self.process,), daemon=True).start()

    def read(self, process):
        for line in process.stdout:
            if line.startswith("signed "):
                self.acknowledged.append(line)

    def keep_going(self):
        """Start it again when it has ended: it gives up when the database does, or when it may not sign."""
        if self.process.poll() is not None:
            self.start()

    def kill(self):
        self.process.kill()
        self.process.wait()


# === WHO IS THERE === #


class Scene:
    """The servers, the people and the database, and what has been found."""

    def __init__(self, options):
        self.options = options
        self.random = random.Random(SEED)
        self.postgres = Postgres(options, "postgresql", options.pg_port)
        self.servers = [Server(options, options.port)]
        self.signer = Signer(options)
        # Of the company users, by whom they walk for.
        self.logins = {
            walker: [f"walker_{walker.kind}{number}" for number in range(count * COMPANIES)]
            for walker, count in WALKERS.items()
        }
        self.contacts = {}
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

    def run_script(self, script, answer):
        """Run a script in an `odoo shell`.

        :param str answer: the first word of the line that it prints at the end
        :return: the rest of the line
        :rtype: str
        """
        output, _errors = open_shell(self.options).communicate(script)
        for line in output.splitlines():
            word, _blank, rest = line.partition(" ")
            if word == answer:
                return rest
        raise RuntimeError(f"a script failed: see shell.log; it said {output[-300:]}")

    # === BEFORE === #

    def seal_keys(self):
        """Seal the keys, which lie in a database of another name than that where they were made."""
        custodian = Session(self.server.url, self.options.database, CUSTODIAN)
        page = custodian.call(CUSTODY, "create", {})
        custodian.call(CUSTODY, "action_seal", [page])
        custodian.call(CUSTODY, "action_confirm_place", [page])

    def prepare(self):
        """Make companies that walk, each with a user and a contact."""
        admin = Session(self.server.url, self.options.database, "admin")

        def find(module, name):
            return (
                f"(SELECT res_id FROM ir_model_data WHERE module = '{module}' AND name = '{name}')"
            )

        module = "l10n_co_certificate_activation"
        country, currency, state, rut, user, manager, self.authority, action = self.query(
            f"""
                SELECT (SELECT id FROM res_country WHERE code = 'CO'),
                       (SELECT id FROM res_currency WHERE name = 'COP'),
                       (SELECT id FROM res_country_state WHERE code = 'ANT'),
                       {find("l10n_co", "rut")}, {find("account", "group_account_invoice")},
                       {find(module, "group_certificate_manager")},
                       {find(module, "authority_andes")},
                       {find(module, "certificate_activation_review_action")}
                """
        )[0]
        self.accept_action = action
        logins = [login for logins in self.logins.values() for login in logins]
        for number, login in enumerate(logins):
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
            self.contacts[login] = admin.call(
                "res.partner",
                "create",
                {
                    "name": f"Contacto {login}",
                    "email": f"contacto.{login}@example.com",
                    "parent_id": partner,
                },
            )
            groups = [user, manager] if login in self.logins[PortalWalker] else [user]
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
                    "group_ids": [[6, 0, groups]],
                },
            )

    def get_vat(self, login):
        """Return the NIT of the company of a user."""
        ((vat,),) = self.query(
            "SELECT vat FROM res_partner WHERE id = (SELECT partner_id FROM res_company "
            "WHERE id = (SELECT company_id FROM res_users WHERE login = %s))",
            login,
        )
        return vat

    def let_time_pass(self):
        """Let everything that was activated by walkers have ended, so that they walk again."""
        self.move_periods(
            [("state", "=", "active"), ("company_id.user_ids.login", "like", "walker")],
            "{'state': 'expired', 'date_start': start - timedelta(400), 'date_end': end - timedelta(400)}",
        )

    def move_periods(self, domain, vals):
        """Move the first and the last day of activations.

        :param list domain: of which
        :param str vals: what is written, as Python, where `start` and `end` are what they were
        """
        self.run_script(MOVE_PERIODS.format(domain=domain, vals=vals), "moved")

    # === DURING === #

    def walk(self, name, fault):
        """Let everybody walk while a fault happens, and look at what is left."""
        print(f"{name} ...", file=sys.stderr, flush=True)
        self.let_time_pass()
        started = time.monotonic()
        self.walkers = [
            walker(self, self.logins[walker][number::count])
            for walker, count in WALKERS.items()
            for number in range(count)
        ]
        signed = len(self.signer.acknowledged)
        for walker in self.walkers:
            walker.start()
        self.found = []
        try:
            happened = fault(self)
        except Exception as error:  # what follows is worth knowing, too
            happened = "it did not come to its end"
            self.found.append(f"{type(error).__name__}: {error}")
        self.finish_walks()
        seconds = time.monotonic() - started
        mistakes = ["somebody still walks"] if self.is_walking() else []
        mistakes += self.found + self.find_mistakes()
        failures = sum(walker.failures for walker in self.walkers)
        signatures = len(self.signer.acknowledged) - signed
        walks = sum(len(walker.logins) for walker in self.walkers)
        self.note(name, happened, walks, signatures, failures, seconds, mistakes)

    def note(self, name, happened, walks, signatures, failures, seconds, mistakes):
        self.rows.append(
            (name, happened, walks, signatures, failures, f"{seconds:.0f}", len(mistakes))
        )
        print(f"{name}: {len(mistakes)} mistakes in {seconds:.0f} s; {happened}", file=sys.stderr)
        for mistake in mistakes:
            print(f"{name}: {mistake}", file=sys.stderr, flush=True)
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

    def is_loading(self):
        """Tell whether somebody is about to load a certificate."""
        return any(walker.is_loading for walker in self.walkers)

    def expect_silence(self, why):
        """See that nothing is signed for a while: neither kept nor undone.

        :param str why: what is found when something is
        """
        query = "SELECT count(*) FROM certificate_signature_log"
        time.sleep(1)  # what had begun before
        before = self.query(query)
        for _second in range(15):
            self.look_after()
            time.sleep(1)
        if self.query(query) != before:
            self.found.append(why)

    def expect_signature(self):
        """See that signing goes on, at last when the signer has started again."""
        signed = len(self.signer.acknowledged)
        deadline = time.monotonic() + PATIENCE
        while len(self.signer.acknowledged) == signed:
            if time.monotonic() > deadline:
                self.found.append("nothing is signed any more")
                return
            self.look_after()
            time.sleep(0.2)

    def wait_for(self, condition):
        """Wait until something is so, while somebody walks."""
        while self.is_walking() and not condition():
            self.look_after()
            time.sleep(0.02)

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
        for walker in (*self.walkers, self.signing):
            mistakes += walker.find_lost()
        mistakes += invariants.find_broken(self.query)
        mistakes += invariants.find_bad_files(self.query, self.options.filestore)
        ((signatures,),) = self.query("SELECT count(*) FROM certificate_signature_mark")
        if signatures < len(self.signer.acknowledged):
            mistakes.append(f"{len(self.signer.acknowledged) - signatures} signatures are lost")
        return mistakes + json.loads(self.run_script(CHECK_LOGS, "found"))

    def activate_signer(self):
        """Let the company that signs walk the three steps in peace."""
        self.signing = SigningWalker(self, [SIGNER])
        self.signing.run()
        if mistakes := self.signing.mistakes:
            raise RuntimeError(f"nobody can walk: {mistakes}")
