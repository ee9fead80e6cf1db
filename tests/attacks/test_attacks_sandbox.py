# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What else a process could do that examines a file and was taken over: to the server that waits for it,
to its own memory, and to those who come after it."""

import contextlib
import errno
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from odoo.tests import BaseCase

from ...tools import letter_scan, pdf_check, pdf_shrink, pkcs12, revocation, sandbox, sandbox_places
from ..common import pdf_samples

TESTS = Path(__file__).parent
RUN_CHILD = sandbox.run_child

# Maps the file of its input as a program, then as memory that it writes through another map.
RUN_INPUT = """
import ctypes, os, sys
print("ready", flush=True)
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
for descriptor in range(3):
    for protection, kind in ((5, 2), (5, 1), (3, 1)):
        size = ctypes.c_size_t(4096)
        area = libc.mmap(None, size, protection, kind, descriptor, ctypes.c_long(0))
        if area not in (None, 2**64 - 1):
            print(descriptor, protection, kind)
print(sys.stdin.read(5))
"""

# What a process says that was taken over: no fact, or none that can be counted, compared or looked up.
LIES = (
    "[" * 3_000_000,
    '{"pages": ' + "[" * 100_000,
    *(
        f'{{"pages": {value}, "active": false, "signed": false}}'
        for value in ('"1"', "[1]", "null", "true", "1.5", "NaN", "1e400", "{}", "9" * 5000)
    ),
    '{"pages": 1, "active": false, "signed": [1]}',
    '{"pages": 1, "stopped": "no such code"}',
    '{"pages": 1, "stopped": ["empty"]}',
)
LETTER_LIES = (
    '{"codes": [[]], "complete": true}',
    '{"codes": "A", "complete": 1}',
    '{"codes": {"a": 1}, "complete": true}',
    '{"codes": [1, "A"], "complete": true}',
    '{"codes": [], "complete": true, "signatures": [1]}',
    '{"codes": [], "complete": true, "signatures": [{"signer": 5, "intact": true}]}',
    '{"codes": [], "complete": true, "signatures": [{"signer": "", "intact": true, "certificates": 5}]}',
    '{"codes": [], "complete": true, "signatures": [{"signer": "", "intact": 1, "signed_on": "now"}]}',
)


class TestAttacksSandbox(BaseCase):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(patch.object(tempfile, "tempdir", str(self.folder)))
        self.enterContext(patch.object(sandbox_places, "_own_folders", []))

    def make_script(self, code):
        script = self.folder / f"script{len(os.listdir(self.folder))}.py"
        script.write_text(code)
        return script

    def saying(self, text):
        said = self.make_script("import sys\nprint('ready')\nsys.stdout.write(sys.stdin.read())")
        return lambda _script, _data, **_limits: RUN_CHILD(said, text.encode())

    def test_the_input_is_no_program(self):
        """Its file was mapped as one: what was uploaded ran, though no memory can be made executable."""
        script = self.make_script(RUN_INPUT)
        for is_warm in (True, False):
            with (
                self.subTest(is_warm=is_warm),
                patch.object(sandbox, "_run_warm", sandbox._run_warm if is_warm else no_process),
            ):
                self.assertEqual(sandbox.run_child(script, b"hello" * 1000), b"hello\n")

    def test_what_a_process_says_is_a_fact_or_nothing(self):
        data = pdf_samples.text_pdf()
        facts = pdf_check.PdfFacts(1, len(data), "0" * 64, False, None)
        asked = {
            "file": (sandbox, lambda: pdf_check._ask_child(data), LIES),
            "check": (sandbox, lambda: pdf_check.check_pdf(data), LIES),
            "letter": (
                sandbox,
                lambda: letter_scan.match_letter(data, facts, "A", None),
                (*LIES, *LETTER_LIES),
            ),
            "photo": (pdf_shrink, lambda: pdf_shrink.make_pdf([b"\xff\xd8\xff"]), LIES),
            "certificate": (pkcs12, lambda: pkcs12.open_certificate([b"0"], ""), LIES),
            "authority": (
                revocation,
                lambda: revocation._ask_child({"limit": 10**7, "port": 80}, 9),
                (*LIES, '{"code": []}', '{"code": "unknown"}', "5", '{"size": "0"}', ""),
            ),
        }
        expected = (
            pdf_check.PdfRefused,
            letter_scan.LetterRefused,
            pkcs12.CertificateRefused,
            revocation.Unanswered,
        )
        for kind, (module, ask, lies) in asked.items():
            for lie in lies:
                with (
                    self.subTest(kind, lie=lie[:60]),
                    patch.object(sandbox, "_found", type(sandbox._found)()),
                    patch.object(module, "run_child", self.saying(lie)),
                ):
                    try:
                        found = ask()
                    except expected as refused:
                        source = sys.modules[type(refused).__module__]
                        self.assertIn(refused.code, source.CODES)
                    else:
                        self.assertIn(kind, ("file", "letter"), found)
                        self.assertTrue(kind != "letter" or found.kind != "signature")

    def test_a_process_that_says_much_costs_little(self):
        bomb = b'{"pages": [' + b"[]," * 2_700_000 + b"[]]}"
        started = time.process_time()
        self.assertEqual(sandbox.parse_facts(bomb, {"pages": list}), {})
        self.assertLess(time.process_time() - started, 0.5)

    def test_a_name_of_a_signature_can_be_stored(self):
        said = (
            '{"signatures": [{"signer": "A\\u0000\\u202eB\\n'
            + "x" * 5000
            + '", "intact": true}]}\n{"codes": ["'
            + "C" * 5000
            + '"], "complete": true}'
        )
        with patch.object(sandbox, "run_child", self.saying(said)):
            found = letter_scan.read_letter(b"a name", True)
        self.assertRegex(found.signers[0], "^AB x+$")
        self.assertLessEqual(len(found.signers[0]), 250)
        self.assertLessEqual(len(*found.codes), 40)

    def test_what_was_found_is_nobody_elses_to_change(self):
        said = '{"codes": ["A"], "complete": true}'
        with patch.object(sandbox, "run_child", self.saying(said)):
            kinds = {"codes": list, "complete": bool}
            for _time in range(3):
                found = sandbox.find_facts("any", b"mine", kinds)
                self.assertEqual(found["codes"], ["A"])
                found["codes"].append("B")

    # === THE WARM PROCESS === #

    def test_a_warm_process_that_is_stopped_is_replaced(self):
        ready = self.make_script("print('ready', flush=True)\nprint(1)")
        with (
            patch.object(sandbox, "_warm", sandbox._Warm()) as warm,
            patch.object(sandbox, "_KILL_SECONDS", 1),
        ):
            self.addCleanup(warm.stop)
            self.assertEqual(sandbox.run_child(ready, b""), b"1\n")
            stopped = warm.pid
            for pid in find_family(stopped):
                os.kill(pid, signal.SIGSTOP)
            started = time.monotonic()
            with self.assertRaises(sandbox.ChildBusy):
                sandbox.run_child(ready, b"", wall_seconds=1)
            self.assertLess(time.monotonic() - started, 15)
            self.assertEqual(sandbox.run_child(ready, b""), b"1\n")
            self.assertNotEqual(warm.pid, stopped)
            with self.assertRaises(ProcessLookupError):
                for _wait in range(500):
                    os.kill(stopped, 0)
                    time.sleep(0.01)

    def test_nothing_is_left_of_a_warm_process(self):
        """The server may be the first process of a container: nobody else takes what is left behind."""
        code = (
            "import ctypes, os, signal, sys, time\n"
            "ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\n"  # whoever loses its parent becomes ours
            "from tools import sandbox\n"
            "children = f'/proc/self/task/{os.getpid()}/children'\n"
            "script, first = sys.argv[1], None\n"
            "for turn in range(4):\n"
            "    assert sandbox.run_child(script, b'') == b'1\\n'\n"
            "    first = first or set(os.listdir('/proc/self/fd'))\n"
            "    if turn % 2:\n"
            "        sandbox._warm.stop()\n"
            "    else:\n"
            "        sandbox._warm.socket.close(); time.sleep(1)\n"
            "sandbox._warm.stop()\n"
            "time.sleep(1)\n"
            "print(open(children).read().split())\n"
        )
        ready = self.make_script("print('ready', flush=True)\nprint(1)")
        done = subprocess.run(
            [sys.executable, "-c", code, ready],
            cwd=TESTS.parents[1],
            stdout=subprocess.PIPE,
            check=True,
        )
        self.assertEqual(done.stdout, b"[]\n")

    def test_a_fork_of_the_server_does_not_end_the_process_of_its_parent(self):
        ready = self.make_script("print('ready', flush=True)\nprint(1)")
        self.assertEqual(sandbox.run_child(ready, b""), b"1\n")
        warm = sandbox._warm.pid
        if not (pid := os.fork()):
            os._exit(sandbox._warm.pid is not None)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        self.assertEqual(sandbox.run_child(ready, b""), b"1\n")
        self.assertEqual(sandbox._warm.pid, warm)

    def test_a_server_that_waits_for_its_processes_itself(self):
        """As one of greenlets does: whoever waits past it would never come to an end."""

        class Popen(subprocess.Popen):
            pass

        ready = self.make_script("print('ready', flush=True)\nprint(1)")
        with (
            patch.object(subprocess, "Popen", Popen),
            patch.object(os, "wait4", side_effect=AssertionError),
        ):
            self.assertEqual(sandbox.run_child(ready, b"", ports=(80,)), b"1\n")

    # === PLACES === #

    def count_places(self, user="a"):
        with contextlib.ExitStack() as stack:
            for count in range(5):
                try:
                    stack.enter_context(sandbox_places.take(user))
                except sandbox_places.NoPlace:
                    return count
        return 5

    def test_a_folder_that_another_user_of_the_machine_has_taken(self):
        """There were two places for each process then, and as many as there are for each user."""
        own = self.folder / "own"
        own.mkdir()
        with patch.object(sandbox_places, "WAIT_SECONDS", 0.1):
            with sandbox_places.take("a"):
                pass
            (path,) = self.folder.glob("l10n_co*")
            path.chmod(0o777)  # as somebody else's
            sandbox_places.configure(0, 2, folder=str(own))
            self.assertEqual(self.count_places(), 1, "nobody has two places")
            self.assertTrue([*own.glob("*/files-place-0")])
            self.assertFalse(sandbox_places.is_full())

    def test_files_that_cannot_be_locked_or_made(self):
        def fail(code):
            def fail_with(*_args, **_options):
                raise OSError(code, os.strerror(code))

            return fail_with

        with patch.object(sandbox_places, "WAIT_SECONDS", 0.1):
            for code, module, name in (
                (errno.ENOLCK, fcntl, "flock"),
                (errno.ENOSPC, sandbox_places, "_open"),
                (errno.EROFS, sandbox_places, "_open_own"),
                (errno.EMFILE, sandbox_places, "_open_own"),
            ):
                with self.subTest(name, code=code), patch.object(module, name, fail(code)):
                    self.assertEqual(self.count_places(), 2, "of this process alone")
                    with patch.object(sandbox_places, "_is_without_queue", return_value=True):
                        self.assertFalse(sandbox_places.is_full())

    def test_a_clock_that_is_set_back(self):
        limits = sandbox_places._Limits(1, 1)
        with (
            patch.dict(sandbox_places.POOLS, files=limits),
            patch.object(sandbox_places, "WAIT_SECONDS", 0.3),
            sandbox_places.take("a"),
        ):
            (path,) = self.folder.glob("l10n_co*")
            (path / "files-full").touch()
            os.utime(path / "files-full", (time.time() + 3600,) * 2)
            self.assertFalse(sandbox_places.is_full())
            started = time.monotonic()
            with self.assertRaises(sandbox_places.NoPlace), sandbox_places.take("b"):
                pass
            self.assertGreater(time.monotonic() - started, 0.2, "somebody waits")


def no_process(*_args):
    return None


def find_family(pid):
    """Return a process and those that it has begun."""
    family = [pid]
    for parent in family:
        family += map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
    return family
