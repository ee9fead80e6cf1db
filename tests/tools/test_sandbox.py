# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a script can do in a process of its own, and what is left of it."""

import contextlib
import gc
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from pathlib import Path
from unittest.mock import patch

from odoo.tests import BaseCase

from ...tools import sandbox

TOOLS = Path(sandbox.__file__).parent
MEGABYTE = 1024**2


def run(code, data=b"", **limits):
    """Run this code as a script, after it has said that it is ready."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write("print('ready', flush=True)\n" + code)
        script.flush()
        return sandbox.run_child(script.name, data, **limits)


class TestSandbox(BaseCase):
    """In a fork of the warm process."""

    def assertEnded(self, pid):
        with self.assertRaises(ProcessLookupError):
            os.kill(int(pid), 0)

    is_warm = True

    def know_processes(self):
        """Let processes keep the numbers by which they are known here."""
        layers = [layer for layer in sandbox.LAYERS if layer != "namespaces"]
        self.enterContext(patch.object(sandbox, "LAYERS", layers))

    # === DATA === #

    def test_data_in_and_out(self):
        code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])"
        data = bytes(range(256)) * 8192
        self.assertEqual(run(code, data), data[::-1])
        self.assertEqual(run(code), b"")
        # A script that does not read, and one that writes before it reads.
        self.assertEqual(run("print(1)", data), b"1\n")
        self.assertEqual(len(run("print('a' * 1_000_000)", data)), 1_000_001)

    def test_facts_until_the_line_that_was_cut(self):
        kinds = {"pages": int, "signed": bool, "text": (str, type(None)), "active": bool}
        facts = b'{"pages": 1}\n{"pages": 2, "signed": true}\n'
        self.assertEqual(sandbox.parse_facts(facts, kinds), {"pages": 2, "signed": True})
        for rest in (b'{"active": tr', b"[1]\n{}", b"5", b"\xff\n", b"null", b"Traceback"):
            self.assertEqual(sandbox.parse_facts(facts + rest, kinds), {"pages": 2, "signed": True})
        self.assertEqual(sandbox.parse_facts(b"", kinds), {})
        self.assertEqual(sandbox.parse_facts(b'{"text": null}', kinds), {"text": None})

    def test_a_system_without_files_in_memory(self):
        with patch.object(os, "memfd_create"):
            del os.memfd_create
            data = bytes(range(256)) * 8192
            code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])"
            self.assertEqual(run(code, data), data[::-1])

    # === LIMITS === #

    def test_memory(self):
        code = "try: print(len(bytes({} << 20)))\nexcept MemoryError: print('no')"
        self.assertEqual(run(code.format(100)), b"104857600\n")
        # Beyond what its packages take, some of which they may give back.
        self.assertEqual(run(code.format(420)), b"no\n")
        self.assertEqual(run(code.format(120), memory=100 * MEGABYTE), b"no\n")

    def test_processor_time(self):
        # Whatever the script does about signals.
        code = (
            "import signal\n"
            "for kind in (signal.SIGXCPU, signal.SIGALRM, signal.SIGTERM):\n"
            "    signal.signal(kind, signal.SIG_IGN)\n"
            "print('before', flush=True)\n"
            "while True: pass"
        )
        before = os.times()
        self.assertEqual(run(code, cpu_seconds=1), b"before\n")
        after = os.times()
        self.assertLess(after.children_user - before.children_user, 2)

    def test_time_on_the_wall(self):
        self.know_processes()
        read, said = sandbox._read, []

        def spy(*arguments):
            said.append(read(*arguments))
            return said[-1]

        with patch.object(sandbox, "_read", spy), self.assertRaises(sandbox.ChildBusy):
            run("import os, time; print(os.getpid(), flush=True); time.sleep(60)", wall_seconds=3)
        self.assertEnded(said[0].split()[1])

    def test_output(self):
        self.know_processes()
        code = "import os; print(os.getpid(), flush=True)\nwhile True: print('a' * 9999)"
        written = run(code, output=100_000)
        self.assertLessEqual(len(written), 100_000)
        self.assertEnded(written.split()[0])

    def test_nothing_is_written_to_the_disk(self):
        with tempfile.NamedTemporaryFile() as file:
            code = (
                f"try: open({file.name!r}, 'wb', buffering=0).write(b'a')\n"
                "except OSError: print('no')\n"
                "try: open(0, 'wb', buffering=0).write(b'a')\n"
                "except OSError: print('no')"
            )
            self.assertEqual(run(code), b"no\nno\n")
            self.assertEqual(file.read(), b"")

    def test_limits_that_are_inherited_are_kept(self):
        code = (
            "import resource\n"
            "resource.setrlimit(resource.RLIMIT_CPU, (2, 2))\n"
            "resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))\n"
            "from tools.sandbox import run_child\n"
            "print(run_child({!r}, b''))"
        )
        with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
            script.write(
                "print('ready')\n"
                "import resource\n"
                "for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS): print(resource.getrlimit(kind))"
            )
            script.flush()
            done = subprocess.run(
                [sys.executable, "-c", code.format(script.name)],
                cwd=TOOLS.parent,
                capture_output=True,
                check=True,
            )
        self.assertEqual(done.stdout, b"b'(2, 2)\\n(314572800, 314572800)\\n'\n")

    # === ISOLATION === #

    def test_the_environment_and_the_open_files_stay_here(self):
        with tempfile.TemporaryFile() as secret, patch.dict(os.environ, {"SECRET": "1"}):
            os.set_inheritable(secret.fileno(), True)
            code = (
                "import os\n"
                "print('SECRET' in os.environ, 'PYTHONPATH' in os.environ)\n"
                f"try: os.fstat({secret.fileno()})\n"
                "except OSError: print('closed')"
            )
            self.assertEqual(run(code), b"False False\nclosed\n")

    def test_the_packages_that_are_found_here_are_found_there(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "certificate_test_package.py").write_text("NAME = 'found'")
            code = "import certificate_test_package as package; print(package.NAME)"
            with patch.object(sys, "path", ["", *sys.path, folder]):
                self.assertEqual(run(code), b"found\n")
            self.assertEqual(run(code), b"")

    def test_nothing_is_left_behind(self):
        run("pass")
        gc.collect()
        before = sorted(os.listdir("/proc/self/fd"))
        with warnings.catch_warnings():
            warnings.simplefilter("error", ResourceWarning)
            for code in ("pass", "1 / 0", "import os; os.kill(os.getpid(), 9)", "os._exit(3)"):
                run(code)
            with self.assertRaises(sandbox.ChildBusy):
                run("import time; time.sleep(60)", wall_seconds=0.3)
            with self.assertRaises(sandbox.ChildUnavailable):
                sandbox.run_child("/nonexistent.py", b"")
            gc.collect()
        self.assertEqual(sorted(os.listdir("/proc/self/fd")), before)

    def test_a_child_whose_parent_is_gone_ends_by_itself(self):
        with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
            script.write(
                "import os, time\nprint('ready', flush=True)\n"
                "os.write(1, str(os.getpid()).encode())\ntime.sleep(60)"
            )
            script.flush()
            parent = (
                "import os, tools.sandbox as sandbox\n"
                "def read(stream, *_):\n"
                "    os.read(stream.fileno(), 6)\n"
                "    print(os.read(stream.fileno(), 9).decode(), flush=True)\n"
                "    os._exit(1)\n"
                "sandbox._read = read\n"
                "sandbox.LAYERS = ('landlock', 'seccomp')\n"
                f"sandbox._run_warm = sandbox._run_warm if {self.is_warm} else lambda *_: None\n"
                f"sandbox.run_child({script.name!r}, b'', wall_seconds=1)"
            )
            with subprocess.Popen(
                [sys.executable, "-c", parent], cwd=TOOLS.parent, stdout=subprocess.PIPE
            ) as process:
                pid = int(process.stdout.readline())
            descriptor = os.pidfd_open(pid)
            try:
                # Readable when it has ended, whoever reaps it.
                poll = select.poll()
                poll.register(descriptor, select.POLLIN)
                self.assertTrue(poll.poll(10_000))
            finally:
                os.close(descriptor)

    def test_several_threads_at_once(self):
        found = {}

        def ask(number):
            found[number] = run("import sys; print(sys.stdin.read())", str(number).encode())

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, {number: b"%d\n" % number for number in range(4)})

    # === WHEN IT CANNOT RUN === #

    def test_a_child_that_cannot_run(self):
        for executable in ("/nonexistent/python", "", None, "/bin/true"):
            with (
                patch.object(sys, "executable", executable),
                self.assertRaises(sandbox.ChildUnavailable),
            ):
                run("pass")
        for code in ("import no_such_package", "print('hello')", "print('ready to go')"):
            with (
                tempfile.NamedTemporaryFile("w", suffix=".py") as script,
                self.assertRaises(sandbox.ChildUnavailable),
            ):
                script.write(code)
                script.flush()
                sandbox.run_child(script.name, b"")
        with (
            tempfile.NamedTemporaryFile("w", suffix=".py") as script,
            self.assertRaises(sandbox.ChildUnavailable),
        ):
            script.write("kept = bytes(10 << 20)\nprint('ready')")
            script.flush()
            sandbox.run_child(script.name, b"", memory=MEGABYTE)


class TestSandboxWithoutWarmProcess(TestSandbox):
    """In a process for each job, where no other one can run."""

    allow_inherited_tests_method = True  # Odoo's runner leaves them out otherwise

    is_warm = False

    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(sandbox, "_run_warm", return_value=None))


class TestWarmProcess(BaseCase):
    def test_it_is_started_again_when_it_has_ended(self):
        run("pass")
        sandbox._warm.socket.shutdown(socket.SHUT_RDWR)
        self.assertEqual(run("print(1)"), b"1\n")
        self.assertIsNotNone(sandbox._warm.socket)

    def test_a_job_that_it_took_and_never_began_is_given_to_another(self):
        run("pass")
        send, calls = sandbox._Warm.send, []

        def lose(warm, job, descriptors):
            calls.append(job)
            return None if len(calls) == 1 else send(warm, job, descriptors)

        with patch.object(sandbox._Warm, "send", lose):
            self.assertEqual(run("print(1)"), b"1\n")
        self.assertEqual(len(calls), 2)
        with (
            patch.object(sandbox._Warm, "send", return_value=None),
            self.assertRaises(sandbox.ChildBusy),
        ):
            run("print(1)")

    def test_a_fork_of_the_server_has_its_own(self):
        run("pass")
        reading, writing = os.pipe()
        mine = sandbox._warm.socket.fileno()
        if not (pid := os.fork()):
            found = [sandbox._warm.socket is None]
            with contextlib.suppress(OSError):
                os.fstat(mine)
                found.append("open")
            os.write(writing, repr(found).encode())
            os._exit(0)
        os.waitpid(pid, 0)
        os.close(writing)
        with open(reading, "rb") as file:
            self.assertEqual(file.read(), b"[True]")
        self.assertEqual(run("print(1)"), b"1\n")

    def test_a_job_leaves_nothing_to_the_next(self):
        run("import sys, builtins; builtins.left = 1; sys.modules['left'] = sys")
        self.assertEqual(
            run("import sys, builtins; print(hasattr(builtins, 'left'), 'left' in sys.modules)"),
            b"False False\n",
        )

    def test_a_script_that_changes_is_read_again(self):
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "script.py")
            # As one of the add-on's own.
            with patch.object(sandbox, "_CHILD", Path(folder, "sandbox_child.py")):
                for name in ("sandbox_child.py", "sandbox_rights.py"):
                    Path(folder, name).write_bytes((TOOLS / name).read_bytes())
                with patch.object(sandbox, "_warm", sandbox._Warm()):
                    for number in (1, 20):
                        script.write_text(
                            f"if __name__ == '__main__':\n    print('ready')\n    print({number})"
                        )
                        for _again in range(2):
                            self.assertEqual(sandbox.run_child(script, b""), b"%d\n" % number)
                    sandbox._warm.stop()

    def test_one_that_cannot_start_is_not_tried_again_at_once(self):
        with (
            patch.object(sandbox, "_warm", sandbox._Warm()),
            patch.object(sandbox._Warm, "_start", side_effect=OSError) as start,
        ):
            for _again in range(2):
                self.assertEqual(run("print(1)"), b"1\n")
            self.assertEqual(start.call_count, 1)
