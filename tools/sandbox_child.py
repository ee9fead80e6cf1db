# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The processes behind `sandbox.py`: it starts this file by its path, with an empty environment.

`serve` is the warm process: what a script imports, it imports once, and it forks for each job. A job is
a fork that lowers its limits, gives up its rights (`sandbox_rights.py`) and becomes the script; nothing
of one job is left for the next. `once` is one job in a process of its own: for scripts that need the
network, and where no warm process runs. `probe` only says what this server does not offer.

The warm process holds no secret and no data, and ends with the server's process that started it.
"""

import contextlib
import gc
import importlib.util
import io
import json
import os
import resource
import select
import signal
import socket
import sys
import time
import types
from pathlib import Path

PROTOCOL = 1
_IDLE_SECONDS = (
    600  # after which the warm process gives its memory back; the next job starts another
)
_FIRST_VICTIM = b"1000"  # when the machine runs out of memory, before any process of the server
_NICENESS = 5  # requests for ordinary pages come first


def _load_rights():
    spec = importlib.util.spec_from_file_location(
        "sandbox_rights", Path(__file__).with_name("sandbox_rights.py")
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rights = _load_rights()


def main(mode, options, *paths):
    """Run as one of the three processes.

    :param str mode: `serve`, `once` or `probe`
    :param str options: JSON: `layers`; of `serve` a `descriptor`; of `once` those of a job
    :param paths: where the server finds packages, besides those that Python knows
    """
    options = json.loads(options)
    # Isolated from the environment, but with the packages that its parent finds.
    sys.path += [path for path in paths if os.path.isabs(path) and path not in sys.path]
    sys.dont_write_bytecode = True
    # A worker of Odoo bounds itself for as long as a request lasts; this process outlives that.
    for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (hard, hard))
    # What was imported before stays readable; a folder is listed before it may not be.
    for path in sys.path:
        sys.path_importer_cache.pop(path, None)
    importlib.util.find_spec("_")
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb", buffering=0) as file:
        file.write(_FIRST_VICTIM)
    {"serve": _serve, "once": _run_once, "probe": _probe}[mode](options)


# === ONE JOB === #


def _compile(file, script):
    with open(file, "rb") as source:
        return compile(source.read(), script, "exec")


def _become(script, code, job, layers, ruleset, network):
    """Lower the limits of this process, give up its rights, and run the script in it."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    # If the parent dies, this alarm ends the child.
    signal.alarm(job["wall"])
    os.nice(_NICENESS)
    rights.limit(job["cpu"], job["memory"])
    _clean_input()
    rights.close(layers, ruleset, network)
    os.closerange(3, 1 << 16)
    sys.argv = [script]
    module = types.ModuleType("__main__")
    module.__file__ = script
    sys.modules["__main__"] = module
    exec(code, module.__dict__)


def _clean_input():
    """Read the data, and leave no file of them: one that is mapped could be run as a program."""
    with open(0, "rb", closefd=False) as file:
        data = io.BytesIO(file.read())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdin = io.TextIOWrapper(data, encoding="utf-8")


def _run_once(job):
    script, layers, ports = job["script"], job["layers"], job["ports"]
    code = _compile(script, script)
    if job["is_ours"]:
        _warm(script, code)
    rights.leave_server(layers, network=bool(ports))
    ruleset = rights.open_ruleset(ports) if "landlock" in layers else None
    _become(script, code, job, layers, ruleset, bool(ports))


def _warm(script, code):
    """Import what a script of this add-on imports, and compile its expressions, without running it."""
    with contextlib.suppress(Exception):  # it will say so itself, when it runs
        module = types.ModuleType("warm")
        module.__file__ = script
        exec(code, module.__dict__)
        if hasattr(module, "warm"):
            module.warm()


# === WHAT IS MISSING === #


def _probe(options):
    missing = rights.leave_server(options["layers"])
    missing += _try_closing(options["layers"], rights.open_ruleset())
    sys.stdout.write(json.dumps(missing))


def _try_closing(layers, ruleset):
    """Return the layers that a job could not use, as a fork that closes itself has found out."""
    reading, writing = os.pipe()
    if not (pid := os.fork()):
        with contextlib.suppress(BaseException):
            os.write(writing, json.dumps(rights.close(layers, ruleset)).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as file:
        found = file.read()
    os.waitpid(pid, 0)
    return json.loads(found or b'["landlock", "seccomp"]')


# === MANY JOBS === #


def _serve(options):
    layers = options["layers"]
    server = socket.socket(fileno=options["descriptor"])
    missing = rights.leave_server(layers)
    # The first one in its namespace of processes: the kernel ends all jobs with it. It is no child of the
    # server, which others may look for; it ends when the server's end of its socket is closed.
    if pid := os.fork():
        server.send(json.dumps({"pid": pid}).encode())
        os._exit(0)
    gc.disable()
    ruleset = rights.open_ruleset() if "landlock" in layers else None
    missing += _try_closing(layers, ruleset)
    server.send(json.dumps({"protocol": PROTOCOL, "missing": missing}).encode())
    _Server(server, layers, ruleset).run()


class _Server:
    """Waits for jobs, forks for each, tells how it ended, and ends it when nobody waits any more."""

    def __init__(self, server, layers, ruleset):
        self.server = server
        self.layers = layers
        self.ruleset = ruleset
        self.jobs = {}  # by pid: the socket of whoever waits for it
        self.scripts = {}  # by path: when and how large it was, and its code
        self.poll = select.poll()
        self.poll.register(server, select.POLLIN)
        # Written to by the kernel's signal that a job has ended.
        self.ended, self.ending = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.ending, warn_on_full_buffer=False)
        self.poll.register(self.ended, select.POLLIN)

    def run(self):
        while True:
            ready = [descriptor for descriptor, _ in self.poll.poll(1000 * _IDLE_SECONDS)]
            if not ready and not self.jobs:
                return
            if self.ended in ready:
                self._reap()
            for pid, waiter in list(self.jobs.items()):
                if waiter.fileno() in ready:  # it says nothing: it is gone
                    self.poll.unregister(waiter)
                    self._kill(pid)
            if self.server.fileno() in ready and not self._take():
                return

    def _take(self):
        """Start one job; return whether there may be more."""
        message, descriptors, *_ = socket.recv_fds(self.server, 1 << 16, 4)
        if not message:
            for pid in self.jobs:
                self._kill(pid)
            return False
        job = json.loads(message)
        source, stdin, stdout, waiter = descriptors
        waiter = socket.socket(fileno=waiter)
        code = self._find_code(job, source)
        gc.freeze()
        try:
            pid = os.fork()
        except OSError:
            pid = None
        if pid == 0:
            self._work(job, code, stdin, stdout)
        os.close(stdin)
        os.close(stdout)
        if pid is None:
            waiter.close()  # without a word of how it ended
        else:
            self.jobs[pid] = waiter
            self.poll.register(waiter, select.POLLIN)
        return True

    def _find_code(self, job, source):
        """Return the compiled script, None when it cannot be; one of ours is kept while it is the same.

        :param int source: a descriptor of its file, which this user may not be allowed to open
        """
        script = job["script"]
        found = os.fstat(source)
        version = found.st_ino, found.st_mtime_ns, found.st_size
        if self.scripts.get(script, (None,))[0] == version:
            os.close(source)
            return self.scripts[script][1]
        try:
            code = _compile(source, script)
        except (OSError, SyntaxError, ValueError):
            return None
        if job["is_ours"]:
            _warm(script, code)
            self.scripts[script] = version, code
        return code

    def _work(self, job, code, stdin, stdout):
        """Become a job; this never returns."""
        status = 1
        try:
            rights.end_with_parent()
            gc.enable()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(stdin, 0)
            os.dup2(stdout, 1)
            if code:
                _become(job["script"], code, job, self.layers, self.ruleset, False)
                status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        finally:
            with contextlib.suppress(BaseException):
                sys.stdout.flush()
            os._exit(status)

    def _reap(self):
        with contextlib.suppress(BlockingIOError):
            os.read(self.ended, 1 << 12)
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
                if not pid:
                    return
                if not (waiter := self.jobs.pop(pid, None)):
                    continue
                with contextlib.suppress(KeyError):
                    self.poll.unregister(waiter)
                report = {
                    "status": status,
                    "cpu": usage.ru_utime + usage.ru_stime,
                    "memory": usage.ru_maxrss,
                    "warm": time.process_time(),
                }
                with contextlib.suppress(OSError):
                    waiter.send(json.dumps(report).encode())
                waiter.close()

    @staticmethod
    def _kill(pid):
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
