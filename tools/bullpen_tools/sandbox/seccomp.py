"""The system calls that sandboxed code may not make, as a classic BPF program in bytes.

The rule it protects: what a namespace does not cover (AF_VSOCK, the keyring, io_uring, new
namespaces, memory that no limit counts) is refused by the kernel before it happens. The program
is assembled here, from the numbers in the kernel's tables, so no library is needed. Machines
other than x86_64 and aarch64 have no program, and without one nothing runs.
"""

from __future__ import annotations

import errno
import platform
import struct
from dataclasses import dataclass
from types import MappingProxyType

from bullpen_memory.errors import OperatorError

# include/uapi/linux/{bpf_common,seccomp,audit,sched}.h
_LD, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NR, _ARCH, _ARG0, _ARG1 = 0, 4, 16, 24
_X32 = 0x40000000
_NEW_NAMESPACES = 0x7E020080
"""CLONE_NEW: NS, CGROUP, UTS, IPC, USER, PID, NET, TIME."""
_SOCKETS = (1, 2, 10)
"""AF_UNIX, AF_INET, AF_INET6; the network namespace holds nothing but its own loopback."""
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

# fmt: off
_EVERYWHERE = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442, "quotactl_fd": 443,
    "memfd_secret": 447, "statmount": 457, "listmount": 458,
}
_X86_64 = _EVERYWHERE | {
    "shmget": 29, "ptrace": 101, "syslog": 103, "uselib": 134, "personality": 135, "ustat": 136,
    "sysfs": 139, "sched_setparam": 142, "sched_setscheduler": 144, "vhangup": 153,
    "modify_ldt": 154, "pivot_root": 155, "_sysctl": 156, "adjtimex": 159, "chroot": 161,
    "acct": 163, "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168,
    "reboot": 169, "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173,
    "create_module": 174, "init_module": 175, "delete_module": 176, "get_kernel_syms": 177,
    "query_module": 178, "quotactl": 179, "nfsservctl": 180, "lookup_dcookie": 212,
    "clock_settime": 227, "mbind": 237, "set_mempolicy": 238, "kexec_load": 246, "add_key": 248,
    "request_key": 249, "keyctl": 250, "migrate_pages": 256, "unshare": 272, "move_pages": 279,
    "perf_event_open": 298, "fanotify_init": 300, "fanotify_mark": 301, "name_to_handle_at": 303,
    "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308, "process_vm_readv": 310,
    "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "sched_setattr": 314,
    "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
}
_AARCH64 = _EVERYWHERE | {
    "lookup_dcookie": 18, "umount2": 39, "mount": 40, "pivot_root": 41, "nfsservctl": 42,
    "chroot": 51, "vhangup": 58, "quotactl": 60, "acct": 89, "personality": 92, "unshare": 97,
    "kexec_load": 104, "init_module": 105, "delete_module": 106, "clock_settime": 112,
    "syslog": 116, "ptrace": 117, "sched_setparam": 118, "sched_setscheduler": 119, "reboot": 142,
    "sethostname": 161, "setdomainname": 162, "settimeofday": 170, "adjtimex": 171, "shmget": 194,
    "add_key": 217, "request_key": 218, "keyctl": 219, "swapon": 224, "swapoff": 225,
    "mbind": 235, "set_mempolicy": 237, "migrate_pages": 238, "move_pages": 239,
    "perf_event_open": 241, "fanotify_init": 262, "fanotify_mark": 263, "name_to_handle_at": 264,
    "open_by_handle_at": 265, "clock_adjtime": 266, "setns": 268, "process_vm_readv": 270,
    "process_vm_writev": 271, "kcmp": 272, "finit_module": 273, "sched_setattr": 274, "bpf": 280,
    "userfaultfd": 282, "kexec_file_load": 294,
}
# fmt: on


@dataclass(frozen=True, slots=True)
class _Machine:
    audit: int
    refused: dict[str, int]
    clone: int
    socket: int
    socketpair: int
    ioctl: int
    memfd_create: int
    x32: bool = False


_CLONE3 = 435
_MACHINES = MappingProxyType(
    {
        "x86_64": _Machine(0xC000003E, _X86_64, 56, 41, 53, 16, 319, x32=True),
        "aarch64": _Machine(0xC00000B7, _AARCH64, 220, 198, 199, 29, 279),
    }
)


def program(machine: str = "") -> bytes:
    """The filter for `machine` (default: this one), as `bwrap --seccomp` reads it.

    Raises OperatorError on a machine whose system call numbers are not in this file.
    """
    name = machine or platform.machine()
    if name not in _MACHINES:
        raise OperatorError(
            "Code cannot be run here.",
            f"There is no filter of system calls for the machine type {name}.",
            f"Use one of: {', '.join(_MACHINES)}.",
        )
    m = _MACHINES[name]
    lines = [_op(_LD, _ARCH), _op(_JEQ, m.audit, 1, 0), _op(_RET, _KILL), _op(_LD, _NR)]
    if m.x32:
        lines += [_op(_JGE, _X32, 0, 1), _op(_RET, _KILL)]
    for number in sorted(m.refused.values()):
        lines += _refuse(number, errno.EPERM)
    # Those that programs fall back from when a kernel does not know them.
    for number in (_CLONE3, m.memfd_create):
        lines += _refuse(number, errno.ENOSYS)
    lines += _unless(m.clone, _op(_LD, _ARG0), [_op(_JSET, _NEW_NAMESPACES, 0, 1), _deny()])
    for number in (m.socket, m.socketpair):
        allowed = [_op(_JEQ, family, len(_SOCKETS) - at, 0) for at, family in enumerate(_SOCKETS)]
        lines += _unless(number, _op(_LD, _ARG0), [*allowed, _deny(errno.EAFNOSUPPORT)])
    for request in (_TIOCSTI, _TIOCLINUX):
        lines += _unless(m.ioctl, _op(_LD, _ARG1), [_op(_JEQ, request, 0, 1), _deny()])
    return b"".join([*lines, _op(_RET, _ALLOW)])


def _op(code: int, k: int, true: int = 0, false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, true, false, k)


def _deny(number: int = errno.EPERM) -> bytes:
    return _op(_RET, _ERRNO | number)


def _refuse(call: int, number: int) -> list[bytes]:
    return [_op(_JEQ, call, 0, 1), _deny(number)]


def _unless(call: int, load: bytes, checks: list[bytes]) -> list[bytes]:
    """`checks` on an argument of `call`; other calls, and what the checks let pass, go on."""
    return [_op(_JEQ, call, 0, len(checks) + 1), load, *checks, _op(_LD, _NR)]
