"""What a file could try that has taken over the process which examines it: a script for the sandbox.

On standard input comes JSON: where the server of `process_victim.py` is and what it has. On standard output
go the names of what succeeded, one JSON string a line, after `ready`.
"""

import _thread
import contextlib
import ctypes
import fcntl
import json
import mmap
import os
import platform
import resource
import socket
import struct
import sys


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


say("ready")
victim = json.load(sys.stdin)
server, warm, folder = victim["server"], victim["warm"], victim["folder"]
libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = platform.machine() == "x86_64"


def path(name):
    return os.path.join(folder, name)


def call(name, *arguments):
    result = getattr(libc, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def syscall(number, *arguments):
    if not NUMBERS:
        raise OSError("another machine")
    return call("syscall", ctypes.c_long(number), *arguments)


def read(name):
    with open(name, "rb") as file:
        return file.read(1)


def look_at_memory(pid):
    os.close(os.open(f"/proc/{pid}/mem", os.O_RDONLY))


def copy_memory(pid):
    buffer = ctypes.create_string_buffer(16)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 16)
    remote = (ctypes.c_void_p * 2)(victim["address"], 16)
    call(
        "process_vm_readv", pid, local, ctypes.c_long(1), remote, ctypes.c_long(1), ctypes.c_long(0)
    )


def connect(family, kind, address):
    with socket.socket(family, kind) as sock:
        sock.settimeout(2)
        sock.connect(address)
        sock.send(b"hello")


def send_past_a_pair():
    one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"hello", victim["datagrams"])
    two.close()


def send_past_a_stream():
    one, _two = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    one.connect(path("socket"))


def pass_descriptors():
    one, _two = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    socket.send_fds(one, [b"x"], [0])


def listen():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()


def open_for(flags, name="kept"):
    os.close(os.open(path(name), flags, 0o600))


def fork():
    if not os.fork():
        os._exit(0)


def get_descriptor():
    descriptor = syscall(434, server, 0)
    return syscall(438, descriptor, 0, 0)


def signal_by_descriptor():
    descriptor = syscall(434, server, 0)
    syscall(424, descriptor, 0, None, 0)


def watch():
    descriptor = call("inotify_init1", 0)
    call("inotify_add_watch", descriptor, path("kept").encode(), 0xFFF)


def find_descriptors():
    for descriptor in range(3, 300):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        return
    raise OSError("none")


def write_to_input():
    os.lseek(0, 0, os.SEEK_SET)
    os.write(0, b"changed")


def run_bytes():
    with mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC):
        pass


def make_executable():
    area = mmap.mmap(-1, 4096)
    address = ctypes.addressof(ctypes.c_char.from_buffer(area))
    call("mprotect", ctypes.c_void_p(address), ctypes.c_size_t(4096), 5)


def own_signals():
    fcntl.fcntl(1, fcntl.F_SETOWN, server)


def rename():
    os.rename(path("kept"), path("stolen"))


def set_attribute():
    os.setxattr(path("kept"), "user.note", b"a")


def take_capabilities():
    header = ctypes.create_string_buffer(struct.pack("=Ii", 0x20080522, 0))
    data = ctypes.create_string_buffer(struct.pack("=6I", *[0xFFFFFFFF] * 6))
    call("capset", header, data)


ATTEMPTS = {
    "find a descriptor": find_descriptors,
    # the server and its processes
    "read the server's environment": lambda: read(f"/proc/{server}/environ"),
    "open the server's memory": lambda: look_at_memory(server),
    "copy the server's memory": lambda: copy_memory(server),
    "trace the server": lambda: call("ptrace", 0x4206, server, None, None),
    "signal the server": lambda: os.kill(server, 0),
    "signal the server by a descriptor": signal_by_descriptor,
    "take a descriptor of the server": get_descriptor,
    "limit the server": lambda: resource.prlimit(server, resource.RLIMIT_NOFILE),
    "slow down the server": lambda: os.setpriority(os.PRIO_PROCESS, server, 19),
    "bind the server to a processor": lambda: os.sched_setaffinity(server, {0}),
    "have the server signalled": own_signals,
    "compare the server": lambda: syscall(312, os.getpid(), server, 0, 0, 0),
    "list the server's files": lambda: os.listdir(f"/proc/{server}/fd"),
    "open the warm process' memory": lambda: look_at_memory(warm),
    "read the warm process' environment": lambda: read(f"/proc/{warm}/environ"),
    "trace the warm process": lambda: call("ptrace", 0x4206, os.getppid(), None, None),
    "signal the warm process": lambda: os.kill(os.getppid(), 0),
    "signal a group": lambda: os.killpg(os.getpgid(server), 0),
    "change its input": write_to_input,
    # the network
    "reach TCP": lambda: connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", victim["tcp"])),
    "reach UDP": lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", victim["udp"])),
    "reach a socket": lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, path("socket")),
    "reach an abstract socket": lambda: connect(
        socket.AF_UNIX, socket.SOCK_STREAM, victim["abstract"]
    ),
    "reach PostgreSQL": lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, victim["postgresql"]),
    "reach a socket past a pair": send_past_a_pair,
    "turn a pair to another": send_past_a_stream,
    "pass descriptors": pass_descriptors,
    "listen": listen,
    "ask the kernel for networks": lambda: socket.socket(16, socket.SOCK_RAW, 0).close(),
    # files
    "read a file": lambda: read(path("kept")),
    "read /etc/passwd": lambda: read("/etc/passwd"),
    "list a folder": lambda: os.listdir(folder),
    "list /": lambda: os.listdir("/"),
    "write a file": lambda: open_for(os.O_WRONLY),
    "append to a file": lambda: open_for(os.O_WRONLY | os.O_APPEND),
    "empty a file": lambda: os.truncate(path("kept"), 1),
    "empty a file by opening it": lambda: open_for(os.O_RDONLY | os.O_TRUNC),
    "make a file": lambda: open_for(os.O_RDONLY | os.O_CREAT, "made"),
    "make a file without a name": lambda: os.open(folder, os.O_TMPFILE | os.O_RDWR),
    "make shared memory": lambda: os.open("/dev/shm/made", os.O_CREAT | os.O_RDWR),
    "rename a file": rename,
    "link a file": lambda: os.link(path("linked"), path("again")),
    "link a name": lambda: os.symlink("/etc/passwd", path("name")),
    "make a folder": lambda: os.mkdir(path("folder")),
    "make a pipe": lambda: os.mkfifo(path("pipe")),
    "remove a file": lambda: os.unlink(path("removed")),
    "change a file's mode": lambda: os.chmod(path("mode"), 0o600),
    "change a file's owner": lambda: os.chown(path("mode"), os.getuid(), os.getgid()),
    "change a file's time": lambda: os.utime(path("mode")),
    "change a file's attribute": set_attribute,
    "watch a file": watch,
    "watch all files": lambda: call("fanotify_init", 0, 0),
    # itself
    "fork": fork,
    "start a thread": lambda: _thread.start_new_thread(int, ()),
    "write a program into memory": lambda: os.memfd_create("program"),
    "run bytes": run_bytes,
    "make bytes executable": make_executable,
    "raise a limit": lambda: resource.setrlimit(resource.RLIMIT_CPU, (9999, 9999)),
    "make more memory": lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40)),
    "write cores": lambda: resource.setrlimit(resource.RLIMIT_CORE, (1 << 30, 1 << 30)),
    "become root": lambda: call("setresuid", 0, 0, 0),
    "become somebody": lambda: call("setresuid", 1234, 1234, 1234),
    "take capabilities": take_capabilities,
    "be readable": lambda: call("prctl", 4, 1, 0, 0, 0),
    # the kernel
    "mount": lambda: call("mount", b"none", folder.encode(), b"tmpfs", ctypes.c_long(0), None),
    "leave its namespaces": lambda: call("unshare", 0x10000000),
    "enter a namespace": lambda: call("setns", 0, 0),
    "change its root": lambda: os.chroot(folder),
    "use io_uring": lambda: syscall(425, 1, ctypes.create_string_buffer(120)),
    "use userfaultfd": lambda: syscall(323, 1),
    "use bpf": lambda: syscall(321, 0, ctypes.create_string_buffer(128), 128),
    "use perf": lambda: syscall(298, ctypes.create_string_buffer(128), 0, -1, -1, 0),
    "use keys": lambda: syscall(250, 0, -3, 1),
    "use shared memory": lambda: call("shmget", 4711, ctypes.c_size_t(4096), 0o1600),
    "use a queue": lambda: call("msgget", 4711, 0o1600),
    "open a file by its handle": lambda: syscall(304, -100, ctypes.create_string_buffer(64), 0),
    "change its personality": lambda: call("personality", ctypes.c_ulong(0x0040000)),
    "use Landlock": lambda: syscall(444, None, 0, 1),
    "use seccomp": lambda: syscall(317, 0, 0, None),
}


def main():
    for name, attempt in ATTEMPTS.items():
        if name in victim["skipped"]:
            continue
        try:
            attempt()
        except (OSError, ValueError, RuntimeError, AttributeError):
            continue
        say(json.dumps(name))
    with contextlib.suppress(OSError):
        os.execv("/bin/echo", ["echo", '"exec"'])


main()
