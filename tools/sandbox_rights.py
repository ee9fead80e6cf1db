# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Give up the rights of this process, by every means that the kernel offers to ordinary users.

Loaded by `sandbox_child.py`, without its neighbours. Each one is an independent layer, so that
where a kernel or container refuses one, the others cover most of it:

* `user`: a server that runs as root becomes nobody.
* `namespaces`: no network but an empty one, no process outside, no shared memory of others.
* `landlock`: no file but those of the packages, to be read; no TCP, abstract socket or signal outside.
* `seccomp`: no system call but those that a computation needs.

No program is started after this (`no_new_privs`, and no `execve`), and what is given up stays so.
"""

import ctypes
import os
import platform
import resource
import struct
import sys
import sysconfig
import time

LAYERS = ("user", "namespaces", "landlock", "seccomp")

NOBODY = 65534

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

# --- prctl(2), capset(2), unshare(2) ---

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_CAPABILITIES_3 = 0x20080522
_CLONE_NEWUTS = 0x04000000
_CLONE_NEWIPC = 0x08000000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000
_CLONE_NEWNET = 0x40000000
_SIGKILL = 9


def _call(function, *arguments):
    """Call the C library; raise an OSError when it fails, also where it lacks the function."""
    if _libc is None:
        raise OSError("This is no Linux.")
    try:
        result = getattr(_libc, function)(*arguments)
    except AttributeError as error:
        raise OSError(f"The C library has no {function}.") from error
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")
    return result


def _prctl(option, argument=0):
    zero = ctypes.c_ulong(0)
    return _call("prctl", ctypes.c_int(option), ctypes.c_ulong(argument), zero, zero, zero)


def end_with_parent():
    """Let the kernel end this process when the one that forked it ends; both have one thread."""
    _attempt(_prctl, _PR_SET_PDEATHSIG, _SIGKILL)


def _attempt(function, *arguments):
    """Return whether a call was allowed."""
    try:
        function(*arguments)
    except OSError:
        return False
    return True


# --- The layers that are taken once for all jobs of a process ---


def leave_server(layers, network=False):
    """Leave the user and the namespaces of the server.

    What is imported later has to be readable by everybody; otherwise the user stays.

    :param layers: names of those to use, of `LAYERS`; all but in tests
    :param bool network: whether the network stays
    :return: the names of those that could not be used
    :rtype: list[str]
    """
    missing = []
    spaces = _CLONE_NEWIPC | _CLONE_NEWUTS | _CLONE_NEWPID | (0 if network else _CLONE_NEWNET)
    is_root = os.geteuid() == 0
    # Root needs no user namespace of its own, which some kernels refuse.
    is_apart = "namespaces" in layers and is_root and _unshare(spaces)
    if is_root and not ("user" in layers and _attempt(_become_nobody)):
        missing.append("user")
    if "namespaces" in layers:
        if is_apart:
            _unshare(_CLONE_NEWUSER)
        else:
            is_apart = _unshare(_CLONE_NEWUSER | spaces)
    if not is_apart:
        missing.append("namespaces")
    # Whoever makes a namespace of users has every capability in it.
    _attempt(_drop_capabilities)
    # Nothing of this process can be read by another one of its user, and it leaves no core behind.
    _attempt(_prctl, _PR_SET_DUMPABLE, 0)
    return missing


def _unshare(flags):
    return _attempt(_call, "unshare", ctypes.c_int(flags))


def _become_nobody():
    if not _can_everybody_read(ctypes.__file__) or not all(
        _can_everybody_read(path) for path in sys.path if os.path.isabs(path)
    ):
        raise OSError("Only this user can read the packages.")
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def _can_everybody_read(path):
    path = os.path.realpath(path)
    if not os.path.exists(path):
        return True
    while path != os.path.dirname(path):
        mode = os.stat(path).st_mode
        if not mode & (0o001 if os.path.isdir(path) else 0o004):
            return False
        path = os.path.dirname(path)
    return True


def _drop_capabilities():
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITIES_3, 0))
    _call("capset", header, ctypes.create_string_buffer(bytes(24)))


# --- The layers of each job ---


def limit(cpu_seconds, memory):
    """Bound what this process takes from now on. What was inherited is never raised.

    :param int cpu_seconds: then a SIGXCPU, and a SIGKILL a second later
    :param int memory: bytes of address space beyond what it has now
    """
    cpu_seconds += int(time.process_time())
    for kind, value, more in (
        (resource.RLIMIT_AS, get_address_space() + memory, 0),
        (resource.RLIMIT_CPU, cpu_seconds, 1),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NOFILE, 64, 0),
        (resource.RLIMIT_NPROC, 0, 0),
        (getattr(resource, "RLIMIT_MEMLOCK", resource.RLIMIT_CORE), 0, 0),
    ):
        inherited = resource.getrlimit(kind)[1]
        if inherited == resource.RLIM_INFINITY:
            resource.setrlimit(kind, (value, value + more))
        else:
            resource.setrlimit(kind, (min(value, inherited), min(value + more, inherited)))


def get_address_space():
    """Return the bytes of address space that this process has; 0 where nobody says so."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def close(layers, ruleset=None, network=False):
    """Give up all other rights of this process, for good.

    :param layers: names of those to use, of `LAYERS`
    :param int | None ruleset: of `open_ruleset`
    :param bool network: whether TCP, and UDP to look up names, stays
    :return: the names of those that could not be used
    :rtype: list[str]
    """
    missing = []
    _attempt(_prctl, _PR_SET_NO_NEW_PRIVS, 1)
    if "landlock" not in layers or ruleset is None or not _attempt(_restrict, ruleset):
        missing.append("landlock")
    if "seccomp" not in layers or not _attempt(_filter, network):
        missing.append("seccomp")
    return missing


# --- Landlock: https://docs.kernel.org/userspace-api/landlock.html ---

_LANDLOCK_CREATE_RULESET = 444  # the same numbers on every architecture
_LANDLOCK_ADD_RULE = 445
_LANDLOCK_RESTRICT_SELF = 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_RULE_NET_PORT = 2
_READ_FILE = 1 << 2
_READ_DIR = 1 << 3
_CONNECT_TCP = 1 << 1
# By the version that brought them: rights to files (all up to and with this bit), TCP, and scopes.
_FS_BITS = {1: 13, 2: 14, 3: 15, 5: 16}
_NET_BITS = {4: 2}
_SCOPE_BITS = {6: 2}
_DNS = 53
_NETWORK_FILES = [
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/pki",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl",
    "/usr/lib/ssl",
    "/usr/share/ca-certificates",
]


def _syscall(number, *arguments):
    return _call("syscall", ctypes.c_long(number), *arguments)


def get_landlock_version():
    """Return the version of Landlock's interface; 0 where there is none."""
    try:
        return _syscall(
            _LANDLOCK_CREATE_RULESET,
            None,
            ctypes.c_size_t(0),
            ctypes.c_uint(_CREATE_RULESET_VERSION),
        )
    except OSError:
        return 0


def open_ruleset(ports=()):
    """Write down which files may be read, and which TCP ports reached, after `close`.

    :param ports: none for no network
    :return: a descriptor, or None without Landlock
    """
    version = get_landlock_version()
    if not version:
        return None

    def mask(table):
        return (
            1 << max((bits for since, bits in table.items() if since <= version), default=0)
        ) - 1

    attribute = struct.pack("=QQQ", mask(_FS_BITS), mask(_NET_BITS), mask(_SCOPE_BITS))
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    try:
        ruleset = _syscall(
            _LANDLOCK_CREATE_RULESET, attribute, ctypes.c_size_t(size), ctypes.c_uint(0)
        )
    except OSError:
        return None
    for path in _find_readable(network=bool(ports)):
        _attempt(_allow_reading, ruleset, path)
    for port in (*ports, _DNS) if ports and version >= 4 else ():
        _attempt(_add_rule, ruleset, _RULE_NET_PORT, struct.pack("=QQ", _CONNECT_TCP, port))
    return ruleset


def _allow_reading(ruleset, path):
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        allowed = _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)
        _add_rule(ruleset, _RULE_PATH_BENEATH, struct.pack("=Qi", allowed, descriptor))
    finally:
        os.close(descriptor)


def _add_rule(ruleset, kind, attribute):
    _syscall(
        _LANDLOCK_ADD_RULE,
        ctypes.c_int(ruleset),
        ctypes.c_int(kind),
        attribute,
        ctypes.c_uint(0),
    )


def _restrict(ruleset):
    _syscall(_LANDLOCK_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint(0))


def _find_readable(network):
    """Return the paths of the packages: what may still be imported, and nothing beside it.

    Where packages lie in a folder that others use as well, such as somebody's home, it is not the
    folder that may be read, but its modules and packages.
    """
    standard = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    paths = {*standard, "/usr/share/zoneinfo", *(_NETWORK_FILES if network else ())}
    for path in filter(os.path.isabs, sys.path):
        if (
            not os.path.isdir(path)
            or path in standard
            or os.path.dirname(path) in standard
            or os.path.basename(path) in ("site-packages", "dist-packages")
        ):
            paths.add(path)
        else:
            paths.update(
                entry.path
                for entry in os.scandir(path)
                if entry.name.endswith((".py", ".so"))
                or os.path.isfile(os.path.join(entry.path, "__init__.py"))
            )
    # What extension modules are linked to.
    paths.update(("/etc/ld.so.cache", "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"))
    return {os.path.realpath(path) for path in paths if path}


# --- seccomp: https://docs.kernel.org/userspace-api/seccomp_filter.html ---

# By machine: its number in <linux/audit.h>, and the column of its numbers below.
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32 = 0x40000000  # the same machine's other interface, with numbers of its own
# What a computation needs, with the numbers of both machines; None where it has no such call.
_ALLOWED = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "stat": (4, None),
    "fstat": (5, 80),
    "lstat": (6, None),
    "poll": (7, None),
    "lseek": (8, 62),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "access": (21, None),
    "select": (23, None),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "dup": (32, 23),
    "dup2": (33, None),
    "nanosleep": (35, 101),
    "getitimer": (36, 102),
    "alarm": (37, None),
    "setitimer": (38, 103),
    "getpid": (39, 172),
    "exit": (60, 93),
    "uname": (63, 160),
    "getcwd": (79, 17),
    "readlink": (89, None),
    "gettimeofday": (96, 169),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "times": (100, 153),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "getppid": (110, 173),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "time": (201, None),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "getdents64": (217, 61),
    "restart_syscall": (219, 128),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    "epoll_create1": (291, 20),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "newfstatat": (262, 79),
    "readlinkat": (267, 78),
    "faccessat": (269, 48),
    "pselect6": (270, 72),
    "ppoll": (271, 73),
    "set_robust_list": (273, 99),
    "dup3": (292, 24),
    "getrandom": (318, 278),
    "statx": (332, 291),
    "rseq": (334, 293),
    "close_range": (436, 436),
    "faccessat2": (439, 439),
}
_ALLOWED_IN_NETWORK = {
    "connect": (42, 203),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "sendmsg": (46, 211),
    "recvmsg": (47, 212),
    "shutdown": (48, 210),
    "getsockname": (51, 204),
    "getpeername": (52, 205),
    "setsockopt": (54, 208),
    "getsockopt": (55, 209),
    "sendmmsg": (307, 269),
}
_OPEN = (2, None)
_MMAP = (9, 222)
_MPROTECT = (10, 226)
_IOCTL = (16, 29)
_SOCKET = (41, 198)
_SOCKETPAIR = (53, 199)
_FCNTL = (72, 25)
_OPENAT = (257, 56)
_PRLIMIT64 = (302, 261)

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PROT_WRITE_EXEC = 2 | 4
_PROT_EXEC = 4
# Of files: duplicate, flags. Not who gets its signals.
_FCNTL_COMMANDS = (0, 1, 2, 3, 4, 1030)
# Whether it is a terminal, how much can be read, whether it blocks, whether it is inherited.
_IOCTL_COMMANDS = (0x5401, 0x541B, 0x5421, 0x5451)
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_SOCK_STREAM, _SOCK_DGRAM, _SOCK_KIND = 1, 2, 0xF

_LOAD, _AND, _EQUAL, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_KILL, _ALLOW, _REFUSE = 0x80000000, 0x7FFF0000, 0x00050000 | 1  # EPERM


def _filter(network):
    machine = platform.machine()
    if machine not in _MACHINES or struct.calcsize("P") != 8:
        raise OSError(f"The system calls of {machine} are not known here.")
    code = _build_filter(*_MACHINES[machine], network)
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]

    program = Program(len(code) // 8, ctypes.addressof(buffer))
    _prctl_pointer(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program))


def _prctl_pointer(option, mode, pointer):
    zero = ctypes.c_ulong(0)
    _call("prctl", ctypes.c_int(option), ctypes.c_ulong(mode), pointer, zero, zero)


def _build_filter(architecture, column, network):
    """Return a program for the kernel: what is not allowed is refused, as if it lacked the right."""
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL)]
    steps += [(_LOAD, 0, 0, 0)]
    if column == 0:
        steps += [(_GREATER, 0, 1, _X32), (_RETURN, 0, 0, _KILL)]
    for numbers in (*_ALLOWED.values(), *(_ALLOWED_IN_NETWORK.values() if network else ())):
        if numbers[column] is not None:
            steps += [(_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _ALLOW)]
    for numbers, checks in (
        (_OPEN, _refuse_bits(1, _WRITING)),
        (_OPENAT, _refuse_bits(2, _WRITING)),
        (_MPROTECT, _refuse_bits(2, _PROT_EXEC)),
        (_MMAP, _refuse_all_bits(2, _PROT_WRITE_EXEC)),
        (_FCNTL, _allow_values(1, _FCNTL_COMMANDS)),
        (_IOCTL, _allow_values(1, _IOCTL_COMMANDS)),
        # Limits of this process may be read.
        (_PRLIMIT64, [*_require_zero(0), *_require_zero(2), (_RETURN, 0, 0, _ALLOW)]),
        (_SOCKET, _allow_sockets() if network else [(_RETURN, 0, 0, _REFUSE)]),
        # Two ends that reach nobody else: a loop of asyncio wakes itself so.
        (_SOCKETPAIR, _allow_pairs()),
    ):
        if numbers[column] is not None:
            steps += [(_EQUAL, 0, len(checks), numbers[column]), *checks]
    steps += [(_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _argument(number, half=0):
    return (_LOAD, 0, 0, 16 + 8 * number + 4 * half)


def _refuse_bits(number, bits):
    return [
        _argument(number),
        (_ANY_BIT, 0, 1, bits),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _refuse_all_bits(number, bits):
    return [
        _argument(number),
        (_AND, 0, 0, bits),
        (_EQUAL, 0, 1, bits),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _allow_values(number, values):
    steps = [_argument(number)]
    for value in values:
        steps += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
    return [*steps, (_RETURN, 0, 0, _REFUSE)]


def _require_zero(number):
    steps = []
    for half in (0, 1):
        steps += [_argument(number, half), (_EQUAL, 1, 0, 0), (_RETURN, 0, 0, _REFUSE)]
    return steps


def _allow_sockets():
    return [
        _argument(0),
        (_EQUAL, 2, 0, _AF_INET),
        (_EQUAL, 1, 0, _AF_INET6),
        (_RETURN, 0, 0, _REFUSE),
        _argument(1),
        (_AND, 0, 0, _SOCK_KIND),
        (_EQUAL, 1, 0, _SOCK_STREAM),
        (_EQUAL, 0, 1, _SOCK_DGRAM),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]


def _allow_pairs():
    # Not of datagrams, which can be sent to others as well.
    return [
        _argument(0),
        (_EQUAL, 1, 0, _AF_UNIX),
        (_RETURN, 0, 0, _REFUSE),
        _argument(1),
        (_AND, 0, 0, _SOCK_KIND),
        (_EQUAL, 1, 0, _SOCK_STREAM),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
