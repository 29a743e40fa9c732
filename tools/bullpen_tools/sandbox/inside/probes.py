"""Quick attempts to get out of the sandbox, run inside of it by its self-test.

The rule it protects: a sandbox that lets one of these through runs no code at all. Each attempt
is true when it got through; none of them harms a host that it reaches. Standard library only; it
is run as a file and prints one JSON object.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

Probe = Callable[[], bool]
_libc = ctypes.CDLL(None, use_errno=True)
# fmt: off
_CALLS = {
    "x86_64": {
        "ptrace": 101, "mount": 165, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308, "add_key": 248,
        "keyctl": 250, "bpf": 321, "userfaultfd": 323, "perf_event_open": 298, "open_by_handle_at": 304, "syslog": 103,
        "process_vm_readv": 310, "init_module": 175, "kexec_load": 246, "reboot": 169, "swapon": 167, "shmget": 29,
        "sethostname": 170, "settimeofday": 164, "name_to_handle_at": 303, "fanotify_init": 300, "clone": 56,
        "personality": 135, "sched_setscheduler": 144,
    },
    "aarch64": {
        "ptrace": 117, "mount": 40, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268, "add_key": 217,
        "keyctl": 219, "bpf": 280, "userfaultfd": 282, "perf_event_open": 241, "open_by_handle_at": 265, "syslog": 116,
        "process_vm_readv": 270, "init_module": 105, "kexec_load": 104, "reboot": 142, "swapon": 224, "shmget": 194,
        "sethostname": 161, "settimeofday": 170, "name_to_handle_at": 264, "fanotify_init": 262, "clone": 220,
        "personality": 92, "sched_setscheduler": 119,
    },
}
_NEWER = {"io_uring_setup": 425, "clone3": 435, "open_tree": 428, "fsopen": 430, "pidfd_getfd": 438}
_BUFFER = ctypes.create_string_buffer(256)
_ARGUMENTS: dict[str, tuple[object, ...]] = {
    "ptrace": (16, 1, 0, 0), "mount": (b"none", b"/tmp", b"tmpfs", 0, 0), "pivot_root": (b"/tmp", b"/tmp"),
    "chroot": (b"/tmp",), "unshare": (0x10000000,), "setns": (0, 0), "add_key": (b"user", b"probe", b"x", 1, -4),
    "keyctl": (0, -4, 1), "bpf": (0, _BUFFER, 72), "userfaultfd": (1,), "perf_event_open": (_BUFFER, 0, -1, -1, 0),
    "open_by_handle_at": (-100, _BUFFER, 0), "syslog": (3, _BUFFER, 200), "init_module": (_BUFFER, 0, b""),
    "process_vm_readv": (1, _BUFFER, 0, _BUFFER, 0, 0), "kexec_load": (0, 0, 0, 0), "reboot": (0, 0, 0, 0),
    "swapon": (b"/tmp/x", 0), "shmget": (0, 4096, 0o1600), "sethostname": (b"probe", 5), "settimeofday": (0, 0),
    "name_to_handle_at": (-100, b"/", _BUFFER, _BUFFER, 0), "fanotify_init": (0, 0),
    "clone": (0x10000000 | signal.SIGCHLD, 0, 0, 0, 0), "personality": (0x0040000,), "sched_setscheduler": (0, 3, _BUFFER),
    "io_uring_setup": (4, _BUFFER), "clone3": (_BUFFER, 0), "open_tree": (-100, b"/", 1),
    "fsopen": (b"tmpfs", 0), "pidfd_getfd": (0, 0, 0),
}
_HIDDEN = (
    "/etc/shadow", "/etc/passwd", "/etc/ssh", "/root/.ssh", "/root/.bash_history", "/home", "/var", "/srv",
    "/run/docker.sock", "/var/run/docker.sock", "/run/systemd", "/sys", "/boot",
)
_CLOSED = ("/usr/probe", "/probe", "/dev/probe", "/etc/probe", "/run/probe", "/proc/sys/kernel/probe", "/root/probe")
_KERNEL = ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches")
_DEVICES = ("/dev/mem", "/dev/kmsg", "/dev/kvm", "/dev/fuse", "/dev/vda", "/dev/sda", "/dev/net/tun")
# fmt: on


def _refused(name: str, number: int, *arguments: object) -> bool:
    """Whether the filter let the call through: it answers EPERM or ENOSYS before the kernel looks."""
    ctypes.set_errno(0)
    found = _libc.syscall(number, *arguments)
    if name == "clone" and found == 0:
        os._exit(0)
    return found >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS)


def _exists(path: str) -> bool:
    try:
        return bool(os.listdir(path)) if os.path.isdir(path) else os.path.exists(path)
    except OSError:
        return False


def _opens(path: str, flags: int) -> bool:
    try:
        os.close(os.open(path, flags, 0o600))
    except OSError:
        return False
    return True


def _connects(family: int, address: object) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.settimeout(0.3)
            tried.connect(address)  # pyright: ignore[reportArgumentType]
    except OSError:
        return False
    return True


def _sends(address: tuple[str, int]) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
        try:
            tried.sendto(b"probe", address)
        except OSError:
            return False
    return True


def _makes(family: int, kind: int) -> bool:
    try:
        socket.socket(family, kind).close()
    except OSError:
        return False
    return True


def _does(what: Callable[[], object]) -> bool:
    try:
        what()
    except (OSError, ValueError):
        return False
    return True


def _status(name: str) -> str:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(line.split(":")[1].strip() for line in lines if line.startswith(name + ":"))


def _reads(path: str) -> bool:
    """Whether a process's file says something beyond our own sandbox."""
    try:
        text = Path(path).read_bytes()
    except OSError:
        return False
    return b"PROBE_SECRET" in text


def _foreign_processes() -> bool:
    """Whether the process table holds more than bubblewrap's first process and our two."""
    return len([name for name in os.listdir("/proc") if name.isdigit()]) > 4


def _more_files() -> bool:
    """An inherited descriptor beyond the three standard ones and the listing itself."""
    return len(os.listdir("/proc/self/fd")) > 4


def _raises_limit() -> bool:
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    return _does(lambda: resource.setrlimit(resource.RLIMIT_NPROC, (hard + 1, hard + 1)))


def _links_out() -> bool:
    """Whether a link that leaves the workspace leads anywhere."""
    link = Path.cwd() / "probe-link"
    link.symlink_to("/etc/shadow")
    try:
        return _opens(str(link), os.O_RDONLY)
    finally:
        link.unlink()


def attempts(host: dict[str, object]) -> Iterator[tuple[str, Probe]]:
    """Every attempt by name. `host` names what stands outside: see `selftest.py`."""
    calls = _CALLS[os.uname().machine] | _NEWER
    for name, number in calls.items():
        yield f"call {name}", partial(_refused, name, number, *_ARGUMENTS[name])
    for path in (*_HIDDEN, *(str(item) for item in _listed(host.get("paths")))):
        yield f"see {path}", partial(_exists, path)
    for path in (*_CLOSED, f"{sys.prefix}/probe", f"{sys.base_prefix}/probe", "/desk/probe"):
        yield f"create {path}", partial(_opens, path, os.O_WRONLY | os.O_CREAT)
    for path in _KERNEL:
        yield f"write {path}", partial(_opens, path, os.O_WRONLY)
    for path in _DEVICES:
        yield f"open {path}", partial(_opens, path, os.O_RDONLY)
    for path in ("/proc/1/environ", "/proc/1/cmdline", "/proc/self/environ"):
        yield f"secret in {path}", partial(_reads, path)
    yield from _network(host)
    yield from _privileges(host)


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _network(host: dict[str, object]) -> Iterator[tuple[str, Probe]]:
    port = int(str(host.get("port", 9)))
    for address in (
        "127.0.0.1",
        "169.254.169.254",
        "1.1.1.1",
        str(host.get("address", "10.0.0.1")),
    ):
        yield f"connect {address}", partial(_connects, socket.AF_INET, (address, port))
    yield "connect ::1", partial(_connects, socket.AF_INET6, ("::1", port))
    yield "send to a name server", partial(_sends, ("8.8.8.8", 53))
    for name in ("AF_PACKET", "AF_VSOCK", "AF_NETLINK", "AF_ALG"):
        family = int(getattr(socket, name, {"AF_VSOCK": 40}.get(name, 16)))
        yield f"socket {name}", partial(_makes, family, socket.SOCK_DGRAM)
    yield "socket raw", partial(_makes, socket.AF_INET, socket.SOCK_RAW)
    yield (
        "abstract socket",
        partial(_connects, socket.AF_UNIX, str(host.get("abstract", "\0probe"))),
    )
    yield "path socket", partial(_connects, socket.AF_UNIX, str(host.get("socket", "/tmp/probe.sock")))  # fmt: skip


def _privileges(host: dict[str, object]) -> Iterator[tuple[str, Probe]]:
    pid = int(str(host.get("pid", 2**22 - 1)))
    yield "signal a process of the host", partial(_does, partial(os.kill, pid, 0))
    yield "host processes", _foreign_processes
    yield "the first process's root", partial(_exists, "/proc/1/root/etc/hostname")
    yield "become root", partial(_does, partial(os.setuid, 0))
    yield "become root's group", partial(_does, partial(os.setgid, 0))
    yield "capabilities", lambda: int(_status("CapEff"), 16) != 0 or int(_status("CapBnd"), 16) != 0
    yield "new privileges", lambda: _status("NoNewPrivs") != "1"
    yield "no filter", lambda: _status("Seccomp") != "2"
    yield (
        "make a device",
        partial(_does, partial(os.mknod, "/box/probe", 0o60600, os.makedev(8, 0))),
    )
    yield "raise a limit", _raises_limit
    yield "lower niceness", partial(_does, partial(os.nice, -5))
    yield "descriptors of the host", _more_files
    yield "a link out", _links_out
    yield "type into a terminal", partial(_refused, "ioctl", {"x86_64": 16}.get(os.uname().machine, 29), 0, 0x5412, b"x")  # fmt: skip


def _apart(attempt: Probe) -> bool:
    """Make the attempt in a process of its own, so that one which got through spoils no other.

    An attempt that broke counts as one that got through; one that the kernel killed does not.
    """
    child = os.fork()
    if child == 0:
        through = True
        try:
            through = attempt()
        finally:
            os._exit(int(through))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) > 0


def main() -> None:
    """argv: what stands outside, as JSON. Prints {"tried": n, "through": [names]}."""
    through: list[str] = []
    tried = 0
    for name, attempt in attempts(json.loads(sys.argv[1])):
        tried += 1
        if _apart(attempt):
            through.append(name)
    print(json.dumps({"tried": tried, "through": through}))


if __name__ == "__main__":
    main()
