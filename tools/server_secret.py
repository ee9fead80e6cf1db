# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The secret of a server: where it comes from, read once and kept where no expression can read it.

The first of these that exists is used:

- `CERTIFICATE_KEY_SECRET`, a variable: at least 32 characters; `openssl rand -base64 32` makes a good
  one. `CERTIFICATE_KEY_SECRET_PREVIOUS`: the secret before, which still opens and no longer seals.
- `CERTIFICATE_KEY_SECRET_FILE`: the path of a file with the secret on its first line, and the one
  before on its second.
- `certificate_key_secret`: a credential of systemd (`LoadCredential=`, `LoadCredentialEncrypted=`), a file
  of the same format in `$CREDENTIALS_DIRECTORY`.

A variable is taken out of the environment when it has been read, and overwritten where the kernel shows
it (`/proc/<pid>/environ`). Processes that Odoo starts from its environment afterwards need it again:
`Source.handing_over` puts it back for that moment. Until then it is in a pipe, so no object holds
it, and forked processes close the pipe.
"""

import ctypes
import json
import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path

from .key_seal import SealError, Secret

VARIABLE = "CERTIFICATE_KEY_SECRET"
VARIABLE_PREVIOUS = "CERTIFICATE_KEY_SECRET_PREVIOUS"
VARIABLE_FILE = "CERTIFICATE_KEY_SECRET_FILE"
CREDENTIAL = "certificate_key_secret"

# Where a secret comes from.
ORIGINS = ("variable", "file", "credential")

_TAKEN = (VARIABLE, VARIABLE_PREVIOUS)
_CREDENTIALS = "CREDENTIALS_DIRECTORY"
_MAX_SIZE = 4096  # bytes, so that a pipe takes and gives it at once
_ENV_START, _ENV_END = 47, 48  # in /proc/<pid>/stat, counted behind the name; see proc(5)


class Source:
    """Where the secrets of one process come from.

    :ivar str | None origin: one of `ORIGINS`; None without a secret
    :ivar bool is_exposed: other users of the machine can read or replace the file
    """

    def __init__(self, environ):
        """Take the secrets out of an environment.

        :param environ: of the process; the variables are removed from it
        """
        self._environ = environ
        self.origin, self.is_exposed = None, False
        self._path = self._pipe = self._secrets = None
        values = {name: environ[name] for name in _TAKEN if environ.get(name)}
        self._given = [_make_secret(values.get(name)) for name in _TAKEN]
        if values:
            self._keep(values)
            self._remove()
        if environ.get(VARIABLE_FILE):
            self.origin, self._path = "file", Path(environ[VARIABLE_FILE])
        elif environ.get(_CREDENTIALS):
            path = Path(environ[_CREDENTIALS], CREDENTIAL)
            if path.exists():
                self.origin, self._path = "credential", path
        if self._given[0]:
            self.origin = "variable"

    def get_secrets(self):
        """Return the secrets of this server. A file that could not be used is read again.

        :return: the current secret first, then the previous one, when there is one; empty without any
        :rtype: tuple[key_seal.Secret, ...]
        :raise SealError: `short_secret`, or `unreadable_file`
        """
        if self._secrets is None:
            found = self._given
            if self._path:
                found = [given or read for given, read in zip(found, self._read(), strict=True)]
            current, previous = found
            if not current:
                return ()
            for secret in (current, previous):
                if isinstance(secret, str):
                    raise SealError(secret)
            self._secrets = (current, previous) if previous else (current,)
        return self._secrets

    @contextmanager
    def handing_over(self):
        """Put the variables back, while a process is started from this environment."""
        if self._pipe is None:
            yield
            return
        reader, writer = self._pipe
        content = os.read(reader, _MAX_SIZE)
        os.write(writer, content)
        self._environ.update(json.loads(content))
        del content
        try:
            yield
        finally:
            self._remove()

    def _read(self):
        """Read the file.

        :return: the two secrets, as returned by `_make_secret`
        :rtype: list
        :raise SealError: `unreadable_file`
        """
        with suppress(OSError, ValueError):  # the latter has what it could not decode
            self.is_exposed = _is_exposed(self._path)
            with self._path.open(encoding="utf-8") as file:
                return [_make_secret(file.readline(_MAX_SIZE)) for _line in range(2)]
        raise SealError("unreadable_file")

    def _keep(self, values):
        content = json.dumps(values).encode()
        if len(content) > _MAX_SIZE:
            return  # processes that are started later have none
        self._pipe = os.pipe()
        os.write(self._pipe[1], content)
        if self._environ is os.environ and hasattr(os, "register_at_fork"):
            # Only the process that read the variable starts others.
            os.register_at_fork(after_in_child=self.close)

    def close(self):
        """Hand over nothing from now on."""
        if self._pipe:
            for end in self._pipe:
                with suppress(OSError):
                    os.close(end)
        self._pipe = None

    def _remove(self):
        for name in _TAKEN:
            if self._environ is os.environ:
                _overwrite(name)
            self._environ.pop(name, None)


def _make_secret(text):
    """Make a secret of what was written.

    :param str | None text: with white space around it
    :return: None without one; the code of a `SealError` when it is none
    :rtype: key_seal.Secret | str | None
    """
    text = (text or "").strip()
    try:
        return Secret(text.encode()) if text else None
    except SealError as error:
        return error.code


def _is_exposed(path):
    """Tell whether other users of the machine can read or replace a file.

    :rtype: bool
    """
    if os.name != "posix":
        return False
    facts = path.stat()
    groups = {os.getegid(), *os.getgroups()}
    others = stat.S_IRWXO | stat.S_IWGRP | (0 if facts.st_gid in groups else stat.S_IRGRP)
    return bool(facts.st_mode & others) or facts.st_uid not in (0, os.geteuid())


def _overwrite(name):
    """Overwrite a variable in the memory of this process, as far as the system lets it.

    Twice: where the C library has it, and where the kernel put it when the process began. These are
    two places when the title of the process was set, which moves the environment.
    """
    # No pointer of the C library, no /proc: it then stays until the process ends.
    with suppress(OSError, AttributeError, ValueError, IndexError):
        libc = ctypes.CDLL(None)
        libc.getenv.restype = ctypes.c_void_p
        if value := libc.getenv(name.encode()):
            ctypes.memset(value, 0, len(ctypes.string_at(value)))
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = int(fields[_ENV_START]), int(fields[_ENV_END])
        block = ctypes.string_at(start, end - start)
        prefix = name.encode() + b"="
        at = 0 if block.startswith(prefix) else block.find(b"\0" + prefix) + 1
        if block[at:].startswith(prefix):
            at += len(prefix)
            ctypes.memset(start + at, 0, max(block.find(b"\0", at), at) - at)
