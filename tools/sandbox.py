# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Run a script on data that nobody trusts, in a process of its own with limits of its own.

This one file is both ends: `run_child` starts it by its path, and there, before anything else is
imported, it lowers the limits of its process and becomes the script.

A script reads its data from standard input. Its first line on standard output is `ready`, written
when everything it needs is imported: without it the server lacks something, and nothing is said
about the data. What follows is the script's own, for example facts, one JSON object a line.
"""

import json
import math
import os
import resource
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

READY = b"ready\n"


class ChildUnavailable(RuntimeError):
    """The script could not be run here. It says nothing of the data."""


def run_child(
    script,
    data,
    *,
    wall_seconds=20,
    cpu_seconds=3,
    memory=400 * 1024**2,
    output=8 * 1024**2,
):
    """Run a script on `data` and return what it wrote, in whatever way it ended.

    :param script: path of a Python file that stands on its own: it may import packages, no neighbours.
    :param bytes data: its standard input.
    :param wall_seconds: after which it is killed, however busy the machine.
    :param int cpu_seconds: of CPU time after which it is killed.
    :param int memory: bytes of address space; more is a MemoryError in the script.
    :param int output: bytes it may write; it is killed when it writes more.
    :return: what it wrote after `ready`; cut anywhere when it was killed.
    :rtype: bytes
    :raise ChildUnavailable: it could not be started, or ended before it was ready.
    """
    limits = math.ceil(wall_seconds), cpu_seconds, memory
    command = [sys.executable or "", "-I", __file__, *map(str, (*limits, script, *sys.path))]
    try:
        with _open_nameless() as stdin:
            stdin.write(data)
            stdin.seek(0)
            with subprocess.Popen(
                command,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(__file__).parent,
                env={},
            ) as child:
                try:
                    written = _read(child.stdout, time.monotonic() + wall_seconds, output)
                finally:
                    child.kill()  # whatever happened here, it does not outlive the call
    except OSError as error:
        raise ChildUnavailable(f"{script} cannot be started: {error}") from error
    if not written.startswith(READY):
        raise ChildUnavailable(f"{script} needs packages or memory that it does not get.")
    return written[len(READY) :]


def _open_nameless():
    """Open a file without a name: in memory, where the system can, so that no disk sees the data."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("stdin"), "w+b")
    return tempfile.TemporaryFile()


def _read(stream, deadline, limit):
    """Read a pipe to its end, to the limit (bytes), or until the deadline (monotonic seconds)."""
    written = b""
    poll = select.poll()
    poll.register(stream, select.POLLIN)
    while len(written) <= limit and (left := deadline - time.monotonic()) > 0:
        if poll.poll(1000 * left):
            chunk = os.read(stream.fileno(), 65536)
            if not chunk:
                break
            written += chunk
    return written[:limit]


def parse_facts(written):
    """Return the facts of a script that reports them as JSON objects, one a line.

    :param bytes written: what `run_child` returned; a line cut by a kill ends the facts.
    :rtype: dict
    """
    facts = {}
    for line in written.splitlines():
        try:
            facts.update(json.loads(line))
        except (ValueError, TypeError):
            break
    return facts


def _become_child(wall_seconds, cpu_seconds, memory, script, *paths):
    """Lower the limits of this process, and run the script in it. What was inherited is never raised."""
    for kind, limit in (
        (resource.RLIMIT_AS, int(memory)),
        (resource.RLIMIT_CPU, int(cpu_seconds)),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        lower = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (lower, lower))
    # Should whoever started it be gone, nobody else ends it.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.alarm(int(wall_seconds))
    # Isolated from the environment, but with the packages that its parent finds.
    sys.path += [path for path in paths if os.path.isabs(path) and path not in sys.path]
    sys.dont_write_bytecode = True
    sys.argv = [script]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    _become_child(*sys.argv[1:])
