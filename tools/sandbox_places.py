# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How many processes of the sandbox there are at once on a server, in all of its processes.

A place is a lock on a file in a folder that only the server's user may open; the kernel frees it when
whoever holds it ends. A request may wait briefly for a place, as long as another process of the
server still responds. If that was in vain, nobody waits for a while, so that a flood of files does
not hold up requests for ordinary pages. No user has two places, and a user whose work turned others
away then waits as long as that work took.
"""

import contextlib
import fcntl
import hashlib
import os
import stat
import tempfile
import threading
import time
from dataclasses import dataclass

WAIT_SECONDS = 3
_BRIEF_SECONDS = 0.2  # as long as several ordinary files take
_FULL_SECONDS = 20  # for which nobody waits after a wait in vain
_PAUSE_SECONDS = 10  # at most, before a user has another place that others want
_POLL_SECONDS = 0.05
_USERS = 4096  # empty files that users share by their hash: few wait for each other, and none is left over

_INSTALLATION = hashlib.sha256(os.path.realpath(__file__).encode()).hexdigest()[:12]


class NoPlace(Exception):
    """All places are taken."""


@dataclass
class _Limits:
    places: int
    waiting: int
    is_brief: bool = False  # waiting would occupy the last process that responds


POOLS = {
    # Uploads of others: seconds of work, hundreds of megabytes.
    "files": _Limits(2, 4),
    # Documents that this server writes from bounded texts: they never wait for a file.
    "letters": _Limits(4, 16),
}
_fallback = threading.BoundedSemaphore(2)  # where no file can be locked, of this process alone


# Of the server's own: where another user of the machine has taken our name in the temporary folder.
_own_folders = []


def configure(workers, cores=None, folder=None):
    """Say how many processes of the server answer requests.

    One of them always stays free of both work and waiting. If there are too few for that, one waits
    for a moment only.

    :param int workers: 0 for a server of threads
    :param str folder: where only this server writes
    """
    _own_folders[:] = filter(None, [folder])
    cores = cores or os.cpu_count() or 1
    if not workers:
        POOLS["files"] = _Limits(max(2, min(cores, 4)), 4)
        return
    places = max(1, min(cores, workers - 1, 4))
    others = workers - 1 - places
    if others > 0:
        POOLS["files"] = _Limits(places, min(places, others))
    else:
        POOLS["files"] = _Limits(places, int(workers > 1), is_brief=True)


@contextlib.contextmanager
def take(user, pool="files"):
    """Hold a place for as long as this context lasts.

    :param str | None user: who it is for; None for the server itself
    :param str pool: of `POOLS`
    :raise NoPlace: there is none within a moment
    """
    with contextlib.ExitStack() as stack:
        try:
            folder = _open_folder()
            stack.callback(os.close, folder)
            own = _take_in_queue(folder, user, pool, stack)
        except OSError:  # nothing can be written, or nothing locked
            if not _fallback.acquire(timeout=WAIT_SECONDS):
                raise NoPlace from None
            stack.callback(_fallback.release)
            own = None
        started = time.time()
        try:
            yield
        finally:
            if own is not None:
                # When others were turned away meanwhile: the end of the pause, as the file's time.
                now = time.time()
                pause = min(now - started, _PAUSE_SECONDS)
                is_wanted = _get_time(folder, f"{pool}-wanted") >= started
                os.utime(own, (now, now + pause if is_wanted else now))


def is_full():
    """Tell whether a file would ask for a place in vain: all are taken, and nobody waits any more."""
    with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
        folder = _open_folder()
        stack.callback(os.close, folder)
        return _is_without_queue(folder, "files") and not _lock_any(
            folder, "files-place", POOLS["files"].places, stack
        )
    return False


def _is_without_queue(folder, pool):
    # A clock that was set back makes no mark last for longer.
    return 0 <= time.time() - _get_time(folder, f"{pool}-full") < _FULL_SECONDS


def _take_in_queue(folder, user, pool, stack):
    """Take a place, at once or after having waited; return the locked file of the user, if any."""
    limits = POOLS[pool]
    deadline = time.monotonic() + (_BRIEF_SECONDS if limits.is_brief else WAIT_SECONDS)
    with contextlib.ExitStack() as queue:
        is_waiting = False
        while True:
            with contextlib.ExitStack() as attempt:
                own = _lock_user(folder, user, attempt)
                if own is not None or user is None:
                    if _lock_any(folder, f"{pool}-place", limits.places, attempt):
                        stack.push(attempt.pop_all())
                        return own
                    _touch(folder, f"{pool}-wanted")
            if not is_waiting:
                is_waiting = not _is_without_queue(folder, pool) and _lock_any(
                    folder, f"{pool}-queue", limits.waiting, queue
                )
                if not is_waiting:
                    raise NoPlace
            if time.monotonic() > deadline:
                _touch(folder, f"{pool}-full")
                raise NoPlace
            time.sleep(_POLL_SECONDS)


def _lock_user(folder, user, stack):
    """Lock the file of a user; None when he has a place, or has to let others have one."""
    if user is None:
        return None
    number = int.from_bytes(hashlib.sha256(user.encode()).digest()[:4], "big") % _USERS
    own = _lock(folder, f"user-{number}", stack)
    if own is not None and 0 < os.fstat(own).st_mtime - time.time() <= _PAUSE_SECONDS:
        return None
    return own


def _lock_any(folder, name, count, stack):
    return any(_lock(folder, f"{name}-{number}", stack) is not None for number in range(count))


def _lock(folder, name, stack):
    """Lock a file until the stack ends; return its descriptor, or None when somebody else has it."""
    descriptor = _open(folder, name)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    stack.callback(os.close, descriptor)
    return descriptor


def _open(folder, name):
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(name, flags, 0o600, dir_fd=folder)


def _touch(folder, name):
    descriptor = _open(folder, name)
    os.utime(descriptor)
    os.close(descriptor)


def _get_time(folder, name):
    with contextlib.suppress(OSError):
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime
    return 0


def _open_folder():
    """Open the folder of this user.

    :raise OSError: another user has made it, everywhere, or nothing can be written
    """
    name = f"l10n_co_certificate-{os.getuid()}-{_INSTALLATION}"
    for parent in (tempfile.gettempdir(), *_own_folders):
        with contextlib.suppress(OSError):
            return _open_own(os.path.join(parent, name))
    raise OSError("There is no folder for locks.")


def _open_own(path):
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    found = os.fstat(folder)
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        os.close(folder)
        raise OSError("The folder is somebody else's.")
    return folder
