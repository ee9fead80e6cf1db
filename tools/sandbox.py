# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Run a script on untrusted data, in a separate process without rights.

A script reads its data from standard input. Its first line on standard output is `ready`, written
when everything it needs is imported: without it the server lacks something, and the result says
nothing about the data. What follows is the script's own, for example facts, one JSON object a line.

What the process may not do is in `sandbox_rights.py`, how it comes to be in `sandbox_child.py`, and how
many there are at once in `sandbox_places.py`. A script that ends by itself or by its own limits
(CPU time, memory, output) has given its full result. Any other end is due to the load of this
machine, on which no verdict may depend: then `ChildBusy` is raised.
"""

import contextlib
import copy
import hashlib
import json
import math
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict
from pathlib import Path

from . import sandbox_places

READY = b"ready\n"
LAYERS = ("user", "namespaces", "landlock", "seccomp")
"""What takes rights away, as far as the kernel offers it; see `sandbox_rights.py`."""

_CHILD = Path(__file__).with_name("sandbox_child.py")
_PROTOCOL = 1  # of `sandbox_child.py`
_START_SECONDS = 20
_KILL_SECONDS = 5  # for the warm process to end a job; then it does not work any more
_REPORT = 1 << 12  # bytes that say how a job ended
_RETRY_SECONDS = 60  # after which a warm process is tried again, where none could be started
_LIMIT_SIGNALS = (signal.SIGXCPU, signal.SIGPROF, signal.SIGVTALRM)  # of CPU time
# Signals of a process that was ended from outside, or for lack of memory.
_FOREIGN_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM)


class ChildUnavailable(RuntimeError):
    """The script could not be run here. It says nothing about the data."""


class ChildBusy(RuntimeError):
    """The server is too busy to run the script to its end. It says nothing about the data: try
    again.
    """


def run_child(
    script,
    data,
    *,
    wall_seconds=20,
    cpu_seconds=3,
    memory=400 * 1024**2,
    output=8 * 1024**2,
    ports=(),
    pool="files",
):
    """Run a script on `data` and return what it wrote, when its end does not depend on the load.

    :param script: path of a Python file that stands on its own: it may import packages, no neighbours.
    :param bytes data: its standard input.
    :param wall_seconds: after which it is killed, however busy the machine.
    :param int cpu_seconds: of CPU time after which it is killed.
    :param int memory: bytes of address space beyond its packages'; more is a MemoryError in the script.
    :param int output: bytes it may write; it is killed when it writes more.
    :param ports: TCP ports that it may connect to; without any it has no network. A script with a
        network may also look up names (UDP), and takes no place of those that are counted: it waits.
    :param str pool: of `sandbox_places.POOLS`: whose places it takes.
    :return: what it wrote after `ready`; cut anywhere when a limit of its own killed it.
    :rtype: bytes
    :raise ChildBusy: no place was free, or it was ended by the clock, by the system or by somebody else.
    :raise ChildUnavailable: it could not be started, or ended before it was ready.
    """
    job = {
        "script": str(script),
        "is_ours": Path(script).parent == _CHILD.parent,
        "wall": math.ceil(wall_seconds) + 1,
        "cpu": cpu_seconds,
        "memory": memory,
        "ports": list(ports),
    }
    try:
        with contextlib.nullcontext() if ports else _take_place(pool):
            end = _run_warm(job, data, wall_seconds, output) if not ports else None
            end = end or _run_once(job, data, wall_seconds, output)
    except sandbox_places.NoPlace as error:
        raise ChildBusy("All places for processes are taken.") from error
    except OSError as error:
        raise ChildUnavailable(f"{script} cannot be started: {error}") from error
    written, is_busy = end
    if is_busy:
        raise ChildBusy(f"{script} was ended by the load of this machine.")
    if not written.startswith(READY):
        raise ChildUnavailable(f"{script} needs packages or memory that it does not get.")
    return written[len(READY) :]


# === PLACES === #

_holder = threading.local()  # the user this thread works for, and its place


@contextlib.contextmanager
def working_for(user):
    """Do several steps for a user in one place, which is taken at the first and kept to the end.

    :param str user: whoever has asked; nobody has more than one place at a time
    """
    if hasattr(_holder, "user"):  # within another one
        yield
        return
    _holder.user = user
    try:
        with contextlib.ExitStack() as _holder.stack:
            _holder.has_place = False
            yield
    finally:
        del _holder.user


@contextlib.contextmanager
def _take_place(pool):
    if not hasattr(_holder, "user"):
        with sandbox_places.take(None, pool):
            yield
        return
    if not _holder.has_place:
        _holder.stack.enter_context(sandbox_places.take(_holder.user, pool))
        _holder.has_place = True
    yield


_ended = threading.local()


def get_last_usage():
    """Return what the last job of this thread that ended has used, to be measured.

    :return: `status` as returned by `os.wait`, `cpu` in seconds, `memory` in kB at its most, and `warm`, the CPU
        seconds of the warm process since its start
    :rtype: dict
    """
    return getattr(_ended, "usage", {"status": 0, "cpu": 0, "memory": 0, "warm": 0})


# === THE WARM PROCESS === #


class _Warm:
    """The process that has imported what scripts need, and forks for each job; one for each of ours."""

    def __init__(self):
        self.lock = threading.Lock()
        self.socket = None
        self.pid = None
        self.key = None
        self.missing = None
        self.failed_at = -math.inf

    def send(self, job, descriptors):
        """Hand over a job.

        :param descriptors: of the script, of its standard input and output, and of a socket that tells
            how it ends
        :return: the socket of the process that has the job
        :raise OSError: there is no such process
        """
        with self.lock:
            key = _get_key()
            if self.socket and self.key != key:
                self.stop()
            message = json.dumps(job).encode()
            if self.socket:
                with contextlib.suppress(OSError):
                    socket.send_fds(self.socket, [message], descriptors)
                    return self.socket
                self.stop()  # it was idle for long, or somebody has ended it
            if time.monotonic() - self.failed_at < _RETRY_SECONDS and self.key == key:
                raise OSError("There was no warm process a moment ago.")
            self.key = key
            try:
                self._start()
                socket.send_fds(self.socket, [message], descriptors)
            except (OSError, ValueError):
                self.failed_at = time.monotonic()
                self.stop()
                raise
            self.failed_at = -math.inf
            return self.socket

    def _start(self):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            options = {"layers": LAYERS, "descriptor": theirs.fileno()}
            process = subprocess.Popen(
                _get_command("serve", options),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={},
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # so that Ctrl+C does not end it
            )
        self.socket = ours
        try:
            ours.settimeout(_START_SECONDS)
            answer = {}
            while not {"pid", "protocol"} <= answer.keys():
                if not (said := ours.recv(1 << 16)):
                    raise OSError("The warm process did not start.")
                answer |= json.loads(said)
            if answer["protocol"] != _PROTOCOL:
                raise OSError("The warm process is of another version.")
            self.pid, self.missing = answer["pid"], tuple(answer["missing"])
        finally:
            # It has forked, and only its fork stays.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)
            if process.poll() is None:
                process.kill()
                process.wait()

    def give_up(self, served):
        """End a process that does not answer any more, such as one that was stopped; another one follows.

        :param served: what `send` returned
        """
        with self.lock:
            if self.socket is served:
                self.stop(seconds=0)

    def stop(self, seconds=_KILL_SECONDS):
        """End it, and whatever it does with it.

        :param seconds: in which it may end by itself
        """
        pid = self.pid
        self.forget()
        if not pid:
            return
        deadline = time.monotonic() + seconds
        # In the first process of a container, whose the orphans are, nothing is left of it.
        with contextlib.suppress(ChildProcessError, ProcessLookupError, PermissionError):
            if not seconds:
                os.kill(pid, signal.SIGKILL)
            while not os.waitpid(pid, os.WNOHANG)[0]:
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGKILL)
                time.sleep(0.01)

    def forget(self):
        """Leave it to whoever else has it."""
        if self.socket:
            self.socket.close()
        self.socket = self.pid = None


_warm = _Warm()


def _run_warm(job, data, wall_seconds, output):
    """Run a job in a fork of the warm process.

    :return: what it wrote and whether it says nothing of the data; None where no warm process runs
    """
    deadline = time.monotonic() + wall_seconds
    for _attempt in range(2):
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        with ours, open(reading, "rb", buffering=0) as stdout:
            try:
                with theirs, _open_nameless() as stdin, open(job["script"], "rb") as script:
                    stdin.write(data)
                    stdin.seek(0)
                    served = _warm.send(
                        job, [script.fileno(), stdin.fileno(), writing, theirs.fileno()]
                    )
            except (OSError, ValueError, AttributeError):
                return None
            finally:
                os.close(writing)
            written = _read(stdout, deadline, output)
            is_cut = len(written) >= output
            report = None if is_cut else _read(ours, deadline, _REPORT)
            if not report:
                # Whatever happened, it does not outlive the call: closing the socket kills it.
                ours.shutdown(socket.SHUT_WR)
                ended_by = time.monotonic() + _KILL_SECONDS
                killed = _read(ours, ended_by, _REPORT)
                if not killed and time.monotonic() >= ended_by:
                    _warm.give_up(served)
        if is_cut:
            return written, False
        if report:
            report = _ended.usage = json.loads(report)
            return written, _is_busy(report["status"], report["cpu"], job["cpu"])
        if written or killed:
            return written, True
        # The process was about to end: another one.
    return b"", True


def _is_busy(status, cpu, cpu_limit):
    """Tell whether a process was ended by the load of this machine, not by itself or its limits.

    :param int status: as returned by `os.wait`
    :param float cpu: seconds that it used
    """
    if not os.WIFSIGNALED(status) or os.WTERMSIG(status) in _LIMIT_SIGNALS:
        return False
    return os.WTERMSIG(status) in _FOREIGN_SIGNALS and cpu < cpu_limit


# === A PROCESS FOR ONE JOB === #


def _run_once(job, data, wall_seconds, output):
    """Run a job in a process of its own.

    :return: what it wrote and whether it says nothing of the data
    """
    deadline = time.monotonic() + wall_seconds
    with _open_nameless() as stdin:
        stdin.write(data)
        stdin.seek(0)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with subprocess.Popen(
            _get_command("once", {**job, "layers": LAYERS}),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
        ) as child:
            try:
                written = _read(child.stdout, deadline, output)
                is_cut = len(written) >= output
                is_late = not is_cut and time.monotonic() >= deadline
            except BaseException:
                child.kill()  # whatever happens here, it does not outlive the call
                raise
            if is_cut or is_late:
                child.kill()
            status, cpu, memory = _wait(child, before)
    _ended.usage = {"status": status, "cpu": cpu, "memory": memory, "warm": 0}
    return written, is_late or (not is_cut and _is_busy(status, cpu, job["cpu"]))


def _wait(child, before):
    """Wait for the end of a process.

    :param before: the `getrusage` of all that had ended before it began
    :return: its status as returned by `os.wait`, its CPU seconds, and its memory in kB
    """
    if subprocess.Popen.__module__ == "subprocess":
        status, usage = os.wait4(child.pid, 0)[1:]
        child.returncode = os.waitstatus_to_exitcode(status)
        return status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss
    # gevent waits for all children itself: whoever waits past it has its own wait for ever.
    code = child.wait()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = usage.ru_utime + usage.ru_stime - before.ru_utime - before.ru_stime
    return -code if code < 0 else code << 8, cpu, usage.ru_maxrss


def get_missing_layers():
    """Return which of `LAYERS` this server does not offer; all of them where nothing can be tried.

    :rtype: tuple[str]
    """
    if _warm.socket and _warm.key == _get_key():
        return _warm.missing
    try:
        done = subprocess.run(
            _get_command("probe", {"layers": LAYERS}),
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            timeout=_START_SECONDS,
        )
        return tuple(json.loads(done.stdout))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return LAYERS


def _get_key():
    """Return what a warm process depends on: another one is started when that changes."""
    return sys.executable, tuple(sys.path), tuple(LAYERS)


def _get_command(mode, options):
    return [sys.executable or "", "-I", str(_CHILD), mode, json.dumps(options), *sys.path]


# === DATA IN AND OUT === #


def _open_nameless():
    """Open a file without a name: in memory, where the system can, so that no disk sees the data."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("stdin"), "w+b")
    return tempfile.TemporaryFile()


def _read(stream, deadline, limit):
    """Read a pipe to its end, to the limit (bytes), or until the deadline (monotonic seconds)."""
    written = []
    size = 0
    poll = select.poll()
    poll.register(stream, select.POLLIN)
    while size <= limit and (left := deadline - time.monotonic()) > 0:
        if poll.poll(1000 * left):
            chunk = os.read(stream.fileno(), 65536)
            if not chunk:
                break
            written.append(chunk)
            size += len(chunk)
    return b"".join(written)[:limit]


_FACTS_SIZE = 1024**2  # bytes: objects of Python take up to thirty times as much


def parse_facts(written, kinds):
    """Return the facts of a script that reports them as JSON objects, one a line.

    An attacker in the process can report false facts, but nothing that is not a fact.

    :param bytes written: what `run_child` returned; a line cut by a kill ends the facts.
    :param dict kinds: of what type each fact is; any other ends the facts.
    :rtype: dict
    """
    facts = {}
    for line in written[:_FACTS_SIZE].splitlines():
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            break
        # Not `isinstance`: True would be a number.
        if not isinstance(said, dict) or any(
            type(fact) not in _as_tuple(kinds.get(name, ())) for name, fact in said.items()
        ):
            break
        facts.update(said)
    return facts


def _as_tuple(kinds):
    return kinds if isinstance(kinds, tuple) else (kinds,)


# === WHAT WAS FOUND BEFORE === #

_KEPT = 256
_KEPT_SECONDS = 600
_found = OrderedDict()  # by what was asked: when it was found, and the facts
_found_lock = threading.Lock()


def find_facts(script, data, kinds, **limits):
    """Run a script that reports facts, or return what it reported for the same data some minutes
    ago.

    A transaction that Odoo retries asks the same again. Facts are cached in the memory of this
    process by a hash of the data; the data is not kept.

    :param dict kinds: see `parse_facts`
    :param limits: of `run_child`, which see for what is raised
    :rtype: dict
    """
    asked = (
        str(script),
        hashlib.sha256(data).digest(),
        tuple(sorted(limits.items())),
        sys.executable,
        tuple(sys.path),
    )
    now = time.monotonic()
    with _found_lock:
        found_at, facts = _found.get(asked, (-math.inf, None))
        if now - found_at < _KEPT_SECONDS:
            return copy.deepcopy(facts)
    facts = parse_facts(run_child(script, data, **limits), kinds)
    with _found_lock:
        _found[asked] = now, facts
        while len(_found) > _KEPT:
            _found.popitem(last=False)
    return copy.deepcopy(facts)


def _begin_anew():
    """Leave the warm process to the parent of this fork, and its locks to the parent's threads."""
    global _warm, _found_lock
    _warm.forget()
    _warm, _found_lock = _Warm(), threading.Lock()


os.register_at_fork(after_in_child=_begin_anew)
