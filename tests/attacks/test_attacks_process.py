# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a hostile file reaches that has taken over the process which examines it (attacks 5 and 7)."""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import BaseCase, HttpCase, tagged

from ...models.mixins import pdf as certificate_pdf_mixin
from ...tools import letter_scan, pdf_append, pdf_check, pdf_shrink, pkcs12, sandbox, sandbox_places
from ..common import pdf_samples
from ..common.case import CertificateCommon

TESTS = Path(__file__).parent
ALL = list(sandbox.LAYERS)
# Without the layer that forbids them these would change the machine of whoever runs the tests.
HARMFUL = ["slow down the server", "bind the server to a processor", "mount"]
# What the parent may not lose, whichever layer is the only one.
SECRETS = {"copy the server's memory", "trace the server", "take a descriptor of the server"}
FILES = {
    "write a file",
    "append to a file",
    "empty a file",
    "empty a file by opening it",
    "make a file",
    "rename a file",
    "remove a file",
    "link a file",
    "make shared memory",
}
NETWORK = {"reach TCP", "reach UDP", "reach an abstract socket"}


class TestAttacksRights(BaseCase):
    """Attack 5: the process has no rights, whoever the server's user is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Where everybody can read it, as an installed add-on.
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        shutil.copytree(TESTS.parents[1] / "tools", cls.folder / "tools")
        for name in ("process_attacks.py", "process_victim.py"):
            shutil.copy(TESTS / name, cls.folder)
        (cls.folder / "ready.py").write_text("print('ready')")
        for path in cls.folder.rglob("*"):
            path.chmod(0o755)
        cls.folder.chmod(0o777)

    def attack(self, prefix=(), layers=ALL, is_warm=True):
        host = os.environ.get("PGHOST", "/var/run/postgresql")
        port = os.environ.get("PGPORT", "5432")
        options = {
            "layers": layers,
            "is_warm": is_warm,
            "postgresql": f"{host}/.s.PGSQL.{port}",
            "skipped": [] if layers == ALL else HARMFUL,
        }
        script = self.folder / "process_victim.py"
        done = subprocess.run(
            # Not every user may look into the environment of whoever runs the tests.
            [*prefix, os.path.realpath(sys.executable), script, self.folder, json.dumps(options)],
            env={**os.environ, "SECRET": "a key"},
            cwd="/",
            stdout=subprocess.PIPE,
            check=True,
        )
        return json.loads(done.stdout)

    @staticmethod
    def users():
        """Yield a prefix of a command for each kind of user that can be had here."""
        yield ()
        if os.geteuid() == 0:
            yield ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")

    def test_nothing_that_is_forbidden_succeeds(self):
        for prefix in self.users():
            for is_warm in (True, False):
                with self.subTest(user=prefix, is_warm=is_warm):
                    found = self.attack(prefix, is_warm=is_warm)
                    self.assertEqual(found["succeeded"], [])
                    self.assertTrue(found["environment"], "there was something to be read")
                    self.assertEqual(
                        found["files"],
                        dict.fromkeys(("kept", "linked", "mode", "removed"), "secret"),
                    )

    def test_each_layer_alone_still_closes_what_it_is_for(self):
        for prefix in self.users():
            for layer, closed in (
                ("namespaces", SECRETS | NETWORK | {"open the server's memory"}),
                ("landlock", SECRETS | FILES | {"read a file", "reach TCP", "signal the server"}),
                ("seccomp", SECRETS | FILES | NETWORK | {"reach a socket", "fork", "exec"}),
            ):
                with self.subTest(user=prefix, layer=layer):
                    found = self.attack(prefix, [layer])
                    if layer in found["missing"]:
                        continue  # this kernel has none: nothing is promised, and it is named
                    self.assertEqual(closed & {*found["succeeded"]}, set())
                    self.assertNotIn(layer, found["missing"])

    def test_what_is_missing_is_named(self):
        for without in ("namespaces", "landlock", "seccomp"):
            layers = [layer for layer in ALL if layer != without]
            with patch.object(sandbox, "LAYERS", layers):
                self.assertIn(without, sandbox.get_missing_layers())
        for executable in ("/nonexistent/python", "/bin/true"):
            with (
                patch.object(sandbox, "_warm", sandbox._Warm()),
                patch.object(sys, "executable", executable),
            ):
                self.assertEqual(sandbox.get_missing_layers(), sandbox.LAYERS)

    def test_a_process_with_a_network_has_nothing_else(self):
        """Asking an authority needs TCP, and nothing but that."""
        code = (
            "import json, os, socket, sys\n"
            "print('ready', flush=True)\n"
            "asked = json.load(sys.stdin)\n"
            "def reach(port):\n"
            "    socket.create_connection(('127.0.0.1', port), 5).close()\n"
            "def unix(kind):\n"
            "    socket.socket(socket.AF_UNIX, kind)\n"
            "for name, attempt in (\n"
            "    ('its port', lambda: reach(asked['ports'][0])),\n"
            "    ('another port', lambda: reach(asked['ports'][1])),\n"
            "    ('a path', lambda: unix(socket.SOCK_STREAM)),\n"
            "    ('a datagram', lambda: unix(socket.SOCK_DGRAM)),\n"
            "    ('a raw socket', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)),\n"
            "    ('a packet', lambda: socket.socket(17, socket.SOCK_RAW)),\n"
            "    ('listening', lambda: socket.create_server(('127.0.0.1', 0))),\n"
            "    ('the environment', lambda: open(f'/proc/{asked[\"server\"]}/environ').read()),\n"
            "    ('a file', lambda: open('/etc/passwd').read()),\n"
            "    ('a fork', os.fork),\n"
            "    ('a signal', lambda: os.kill(asked['server'], 0)),\n"
            "    ('a program', lambda: os.execv('/bin/echo', ['echo', 'a program'])),\n"
            "):\n"
            "    try: attempt()\n"
            "    except OSError: continue\n"
            "    print(name, flush=True)\n"
        )
        with (
            tempfile.NamedTemporaryFile("w", suffix=".py") as script,
            socket.create_server(("127.0.0.1", 0)) as one,
            socket.create_server(("127.0.0.1", 0)) as other,
        ):
            script.write(code)
            script.flush()
            ports = [one.getsockname()[1], other.getsockname()[1]]
            asked = json.dumps({"ports": ports, "server": os.getpid()}).encode()
            found = sandbox.run_child(script.name, asked, ports=ports[:1])
        self.assertEqual(found.decode().splitlines(), ["its port"])

    def test_another_interface_of_the_kernel_ends_the_process(self):
        """The numbers of x32 are others than those that are allowed."""
        code = (
            "import ctypes, platform\n"
            "print('ready', flush=True)\n"
            "if platform.machine() == 'x86_64':\n"
            "    ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 | 39))\n"
            "    print('it went on')\n"
        )
        with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
            script.write(code)
            script.flush()
            self.assertEqual(sandbox.run_child(script.name, b""), b"")

    def test_the_attempts_can_succeed(self):
        """Without any layer the script reaches what it looks for, so that nothing above is in vain."""
        *_, prefix = self.users()
        found = self.attack(prefix, [])
        self.assertLessEqual(
            SECRETS | FILES | NETWORK | {"read the server's environment", "reach a socket"},
            {*found["succeeded"]},
        )


class TestAttacksLoad(BaseCase):
    """Attack 7: how many there are at once, and no verdict that depends on it."""

    def setUp(self):
        super().setUp()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(patch.object(tempfile, "tempdir", folder))
        limits = sandbox_places._Limits(2, 1)
        self.enterContext(patch.dict(sandbox_places.POOLS, files=limits))
        self.enterContext(patch.object(sandbox_places, "WAIT_SECONDS", 0.2))
        # Answers cached by other tests are asked again.
        self.enterContext(patch.object(sandbox, "_found", OrderedDict()))

    def test_a_few_places_for_all_processes(self):
        code = (
            "import sys, tempfile\n"
            f"tempfile.tempdir = {tempfile.gettempdir()!r}\n"
            "from tools import sandbox_places\n"
            "with sandbox_places.take('a'):\n"
            "    print(flush=True)\n"
            "    sys.stdin.read()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=TESTS.parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as other:
            other.stdout.readline()
            with sandbox_places.take("b"):
                for user in ("a", "b", "c", None):
                    with self.assertRaises(sandbox_places.NoPlace), sandbox_places.take(user):
                        self.fail("There is no third place.")
            # One user has one place at a time; the other place is for others.
            with self.assertRaises(sandbox_places.NoPlace), sandbox_places.take("a"):
                self.fail("The other one is for others.")
            with sandbox_places.take("d"):
                pass
            other.kill()
        # The kernel has freed the place of the killed process.
        with sandbox_places.take("a"), sandbox_places.take("c"):
            pass

    def count_at_once(self, users):
        """Let users upload at the same moment, and return how many files were examined at once at most.

        :param list[str] users: one for each file
        """
        code = (
            "import time\n"
            "print('ready', flush=True)\n"
            "started = ended = time.monotonic()\n"
            "while ended < started + 0.5: ended = time.monotonic()\n"
            "print(started, ended)\n"
        )
        spans, refused = [], []
        start = threading.Barrier(len(users))

        def upload(script, user):
            start.wait()
            try:
                with sandbox.working_for(user):
                    spans.append([*map(float, sandbox.run_child(script, b"").split())])
            except sandbox.ChildBusy:
                refused.append(user)

        with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
            script.write(code)
            script.flush()
            threads = [threading.Thread(target=upload, args=(script.name, user)) for user in users]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(len(spans) + len(refused), len(users))
        return max(sum(one <= start <= end for one, end in spans) for start, _end in spans)

    def test_as_many_uploads_as_anybody_likes_are_a_few_processes(self):
        """Eight at once were eight processes of hundreds of megabytes, which ended the server."""
        self.assertEqual(self.count_at_once(["a"] * 8), 1)
        self.assertLessEqual(self.count_at_once([*"abcdefgh"]), 2)

    def test_who_turns_others_away_waits_as_long_as_he_worked(self):
        with patch.dict(sandbox_places.POOLS, files=sandbox_places._Limits(1, 0)):
            with sandbox_places.take("a"):
                time.sleep(0.3)
                with self.assertRaises(sandbox_places.NoPlace), sandbox_places.take("b"):
                    self.fail("There is one place.")
            with self.assertRaises(sandbox_places.NoPlace), sandbox_places.take("a"):
                self.fail("It is the turn of the other one.")
            with sandbox_places.take("b"):
                pass
            # If nobody is turned away, nobody waits.
            with sandbox_places.take("c"):
                pass
            with sandbox_places.take("c"):
                pass

    def test_a_server_that_is_full_is_known_without_asking_for_a_place(self):
        with sandbox_places.take("a"), sandbox_places.take("b"):
            self.assertFalse(sandbox_places.is_full(), "somebody may still wait")
            with self.assertRaises(sandbox_places.NoPlace), sandbox_places.take("c"):
                pass
            self.assertTrue(sandbox_places.is_full())
        self.assertFalse(sandbox_places.is_full())

    def test_a_queue_that_gives_up_when_it_is_in_vain(self):
        with sandbox_places.take("a"), sandbox_places.take("b"):
            started = time.monotonic()
            with self.assertRaises(sandbox_places.NoPlace), sandbox_places.take("c"):
                pass
            self.assertGreater(time.monotonic() - started, 0.2)
            with patch.object(time, "sleep") as sleep:
                with self.assertRaises(sandbox_places.NoPlace), sandbox_places.take("d"):
                    pass
                sleep.assert_not_called()

    def test_who_keeps_the_last_process_from_answering_waits_for_a_moment_only(self):
        limits = sandbox_places._Limits(1, 1, is_brief=True)
        with (
            patch.dict(sandbox_places.POOLS, files=limits),
            patch.object(sandbox_places, "WAIT_SECONDS", 120),
            sandbox_places.take("a"),
        ):
            started = time.monotonic()
            with self.assertRaises(sandbox_places.NoPlace), sandbox_places.take("b"):
                self.fail("There is one place.")
            self.assertLess(time.monotonic() - started, 60)
            self.assertTrue(sandbox_places.is_full(), "the next ones are turned away unread")

    def test_who_waits_is_served_when_a_place_is_free(self):
        taken, found = threading.Event(), []

        def wait():
            taken.wait()
            with sandbox_places.take("c"):
                found.append("c")

        with patch.object(sandbox_places, "WAIT_SECONDS", 20):
            thread = threading.Thread(target=wait)
            thread.start()
            with sandbox_places.take("a"), sandbox_places.take("b"):
                taken.set()
                time.sleep(0.1)
                self.assertEqual(found, [])
            thread.join()
        self.assertEqual(found, ["c"])

    def test_a_folder_of_somebody_else_is_not_used(self):
        with sandbox_places.take("a"):
            (path,) = Path(tempfile.gettempdir()).iterdir()
        shutil.rmtree(path)
        path.mkdir(0o777)
        path.chmod(0o777)
        with sandbox_places.take("a"):
            self.assertEqual([*path.iterdir()], [])
        path.rmdir()
        path.symlink_to(tempfile.gettempdir())
        with sandbox_places.take("a"):
            self.assertNotIn("files-place-0", os.listdir(tempfile.gettempdir()))

    def test_without_files_to_lock_there_is_a_bound_in_the_process(self):
        with (
            patch.object(sandbox_places, "_open_folder", side_effect=OSError),
            sandbox_places.take("a"),
            sandbox_places.take("b"),
            self.assertRaises(sandbox_places.NoPlace),
            sandbox_places.take("c"),
        ):
            self.fail("There is no third place.")

    def test_as_many_places_as_leave_a_worker_for_pages(self):
        for workers, cores, *limits in (
            (0, 2, 2, 4, False),
            (1, 8, 1, 0, True),
            (2, 8, 1, 1, True),
            (3, 2, 2, 1, True),
            (4, 2, 2, 1, False),
            (6, 8, 4, 1, False),
            (6, 2, 2, 2, False),
        ):
            with self.subTest(workers=workers, cores=cores):
                sandbox_places.configure(workers, cores)
                self.assertEqual(sandbox_places.POOLS["files"], sandbox_places._Limits(*limits))

    def test_no_verdict_when_there_is_no_place(self):
        data = pdf_samples.text_pdf()
        facts = pdf_check.check_pdf(data)
        asked = (
            lambda: pdf_check.check_pdf(pdf_samples.text_pdf("other")),
            lambda: letter_scan.match_letter(data, facts, None, None),
            lambda: pdf_shrink.make_pdf([data + b"\n%%EOF"]),
            lambda: pkcs12.open_certificate([b"0\x80\x02\x01\x03"], "a"),
            lambda: pdf_append.append_pdf(data, data),
        )
        with sandbox_places.take("a"), sandbox_places.take("b"):
            for ask in asked:
                with self.assertRaises(sandbox.ChildBusy):
                    ask()

    def test_no_verdict_when_the_machine_ended_it(self):
        """Facts that were said before count for nothing: a blank letter is not taken for an unread one."""
        data = pdf_samples.text_pdf()
        facts = pdf_check.check_pdf(data)
        said = 'import sys\nprint(\'ready\\n{"pages": 1, "active": false, "signed": false}\', flush=True)\n'
        ends = {
            "by the clock": "import time; time.sleep(60)",
            "by the system, for memory": "import signal; signal.raise_signal(signal.SIGKILL)",
            "by somebody": "import signal; signal.raise_signal(signal.SIGTERM)",
        }
        run_child = sandbox.run_child

        def run_other(_script, content, **limits):
            return run_child(script.name, content, **{**limits, "wall_seconds": 2})

        for kind, end in ends.items():
            layers = [layer for layer in ALL if layer != "seccomp"]  # which knows no signals
            with (
                self.subTest(kind),
                tempfile.NamedTemporaryFile("w", suffix=".py") as script,
                patch.object(sandbox, "LAYERS", layers),
                patch.object(sandbox, "run_child", run_other),
                patch.object(pdf_append, "run_child", run_other),
            ):
                script.write(said + end)
                script.flush()
                for ask in (
                    lambda: pdf_check.check_pdf(pdf_samples.text_pdf(kind)),  # noqa: B023
                    lambda: letter_scan.match_letter(data + kind.encode(), facts, None, None),  # noqa: B023
                    lambda: pdf_append.append_pdf(data, data),
                ):
                    with self.assertRaises(sandbox.ChildBusy):
                        ask()

    def test_limits_of_its_own_are_no_load(self):
        code = "print('ready', flush=True)\nprint(1, flush=True)\nwhile True: pass"
        with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
            script.write(code)
            script.flush()
            self.assertEqual(sandbox.run_child(script.name, b"", cpu_seconds=1), b"1\n")

    def test_a_blank_letter_is_refused_however_much_it_costs(self):
        """Ten pages show one picture of 38 million pixels: it was 10 s of CPU, and then accepted."""
        picture = pdf_samples.stream(
            bytes(3 * 6200 * 6200),
            b"/Type /XObject /Subtype /Image /Width 6200 /Height 6200 /BitsPerComponent 8"
            b" /ColorSpace /DeviceRGB",
        )
        page = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800]"
            b" /Resources << /XObject << /I 3 0 R >> >> >>"
        )
        kids = b" ".join(b"%d 0 R" % number for number in range(4, 14))
        data = pdf_samples.raw_pdf(
            (
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Count 10 /Kids [%s] >>" % kids,
                picture,
                *[page] * 10,
            )
        )
        with self.assertRaises(letter_scan.LetterRefused) as refusal:
            letter_scan.match_letter(data, pdf_check.check_pdf(data), None, None)
        self.assertEqual(refusal.exception.code, "blank")
        self.assertLess(sandbox.get_last_usage()["cpu"], 4)

    def test_a_letter_of_which_nothing_is_known_is_not_taken(self):
        data = pdf_samples.scan_pdf()
        facts = pdf_check.check_pdf(data)
        for end in ("", "while True: pass", "import os; os.abort()"):
            with (
                self.subTest(end),
                tempfile.NamedTemporaryFile("w", suffix=".py") as script,
                patch.object(letter_scan, "_CHILD", script.name),
                patch.object(letter_scan, "_CPU_SECONDS", 1),
            ):
                script.write(f"print('ready', flush=True)\n{end}")
                script.flush()
                with self.assertRaises(letter_scan.LetterRefused) as refusal:
                    letter_scan.match_letter(data, facts, None, None)
                self.assertEqual(refusal.exception.code, "too_complex")

    def test_nothing_is_checked_again(self):
        data = pdf_samples.text_pdf("once")
        first = pdf_check.check_pdf(data)
        with patch.object(sandbox, "run_child", side_effect=AssertionError):
            self.assertEqual(pdf_check.check_pdf(data), first)
        # No content of a file is kept.
        kept = repr(sandbox._found)
        self.assertNotIn("%PDF", kept)

    def test_a_job_that_was_given_up_is_gone_before_its_place_is_free(self):
        with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
            script.write("print('ready', flush=True)\nwhile True: pass")
            script.flush()
            with self.assertRaises(sandbox.ChildBusy):
                sandbox.run_child(script.name, b"", wall_seconds=1, cpu_seconds=60)
        serving = [
            path
            for path in Path("/proc").glob("[0-9]*/status")
            if f"PPid:\t{self.find_warm()}\n" in read_or_nothing(path)
        ]
        self.assertEqual(serving, [])

    @staticmethod
    def find_warm():
        return max(
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if f"{sandbox._CHILD}\0serve" in read_or_nothing(path)
        )


def read_or_nothing(path):
    try:
        return path.read_text()
    except OSError:
        return ""


@tagged("post_install", "-at_install")
class TestAttacksBusyServer(CertificateCommon, HttpCase):
    """Attack 7 as its user sees it: a sentence, and nothing lost."""

    def test_a_busy_server_says_so(self):
        activation = self.get_processing()
        scan = pdf_samples.scan_pdf()
        with patch.object(sandbox, "_take_place", side_effect=sandbox_places.NoPlace):
            with self.assertRaises(UserError):
                activation.write({"signed_letter": base64.b64encode(scan)})
            with self.assertRaises(UserError):
                activation._make_pdf([scan])
            with self.assertRaises(UserError):
                activation._examine_certificate([b"0\x80\x02\x01\x03"], "a")
        self.assertFalse(activation.signed_letter_sha256)

    def test_a_file_that_is_too_large_is_not_decoded(self):
        activation = self.get_processing()
        content = "A" * 20_000_000
        with (
            patch.object(base64, "b64decode", side_effect=AssertionError),
            self.assertRaises(ValidationError),
        ):
            activation.write({"signed_letter": content})

    def test_an_upload_that_is_in_vain_is_not_taken_apart(self):
        self.authenticate(self.user_a.login, self.user_a.login)
        activation = self.get_processing()
        with patch.object(sandbox_places, "is_full", return_value=True):
            answer = self.url_open(
                "/certificate/pdf",
                data={"csrf_token": "wrong", "model": activation._name, "res_id": activation.id},
                files={"files": ("scan.pdf", bytes(1_000_000))},
            )
        self.assertEqual(answer.status_code, 429)
        self.assertTrue(answer.json()["error"])

    def test_settings_name_what_is_missing(self):
        settings = self.env["res.config.settings"].create({})
        with patch.object(sandbox, "get_missing_layers", return_value=()):
            settings._compute_certificate_examination()
            self.assertFalse(settings.certificate_missing_protection)
        with patch.object(sandbox, "get_missing_layers", return_value=sandbox.LAYERS):
            settings._compute_certificate_examination()
            self.assertTrue(settings.certificate_missing_protection)
            for name in ("Landlock", "seccomp", "namespaces", "root"):
                self.assertIn(name, settings.certificate_examination_sentence)

    def test_the_log_names_what_is_missing(self):
        for missing, lines in ((("landlock",), 1), ((), 0)):
            with (
                patch.object(sandbox, "get_missing_layers", return_value=missing),
                patch.object(certificate_pdf_mixin, "_logger") as logger,
                patch.dict(sandbox_places.POOLS),
            ):
                certificate_pdf_mixin._log_missing_layers.cache_clear()
                for name in ("certificate.pdf.mixin", "certificate.activation"):
                    self.env[name]._register_hook()
            # Once, however many models and databases there are.
            self.assertEqual(logger.warning.call_count, lines)
