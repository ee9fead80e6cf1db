"""A server that is attacked from within its sandbox: run by `test_attacks_process.py`, also as nobody.

Its arguments are a folder with a copy of tools/ and of the attacks, and JSON: `layers` of the sandbox,
`is_warm`, `postgresql`, and `skipped`, names of attempts that would hurt those who test. It prints the
names of what succeeded, as a JSON list, and what the sandbox says that is missing.
"""

import contextlib
import ctypes
import json
import os
import socket
import sys
import tempfile
from pathlib import Path

folder, options = Path(sys.argv[1]), json.loads(sys.argv[2])
sys.path.insert(0, str(folder))

from tools import sandbox  # noqa: E402


def find_warm():
    """Return the pid of the warm process that this one has started."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if str(sandbox._CHILD).encode() in words and b"serve" in words:
                found.append(int(process.name))
    return max(found, default=0)


def main():
    sandbox.LAYERS = tuple(options["layers"])
    if not options["is_warm"]:
        sandbox._run_warm = lambda *_: None
    # As open as files can be: nothing but the sandbox keeps anybody from them.
    os.umask(0)
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
        place.chmod(0o777)
        for name in ("kept", "linked", "removed", "mode"):
            (place / name).write_bytes(b"secret")
        sockets = {
            "tcp": socket.create_server(("127.0.0.1", 0)),
            "udp": socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
            "unix": socket.socket(socket.AF_UNIX),
            "abstract": socket.socket(socket.AF_UNIX),
            "datagrams": socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
        }
        for sock in sockets.values():
            stack.enter_context(sock)
            os.set_inheritable(sock.fileno(), True)
        sockets["udp"].bind(("127.0.0.1", 0))
        sockets["unix"].bind(str(place / "socket"))
        sockets["datagrams"].bind(str(place / "datagrams"))
        abstract = f"\0certificate-{os.getpid()}"
        sockets["abstract"].bind(abstract)
        sockets["unix"].listen()
        sockets["abstract"].listen()
        secret = ctypes.create_string_buffer(b"a key of 32 characters, at least")
        if options["is_warm"]:
            sandbox.run_child(folder / "ready.py", b"")
        told = {
            "server": os.getpid(),
            "warm": find_warm(),
            "folder": str(place),
            "address": ctypes.addressof(secret),
            "tcp": sockets["tcp"].getsockname()[1],
            "udp": sockets["udp"].getsockname()[1],
            "abstract": abstract,
            "datagrams": str(place / "datagrams"),
            "postgresql": options["postgresql"],
            "skipped": options["skipped"],
        }
        written = sandbox.run_child(folder / "process_attacks.py", json.dumps(told).encode())
        left = {path.name: path.read_bytes() for path in place.iterdir() if path.is_file()}
    sys.stdout.write(
        json.dumps(
            {
                "succeeded": [json.loads(line) for line in written.splitlines()],
                "files": {name: content.decode() for name, content in sorted(left.items())},
                "missing": sandbox.get_missing_layers(),
                "environment": "SECRET" in os.environ,
            }
        )
    )


main()
