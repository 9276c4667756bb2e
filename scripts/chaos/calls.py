"""Every call with which a program changes files under a folder, seen before it is made, and let through or not.

The kernel asks us (seccomp's user notifications, Linux 5.5 and later, no privilege needed): calls of all threads and of
all processes that the program starts come in one order, each waiting for its answer. So "kill it at the 217th write"
means the same whichever thread writes, and a full disk can be had for one file at one moment.
"""

import ctypes
import errno
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, NoReturn

# Numbers of Linux's calls. at: which argument is the file, as a descriptor ("fd") or as a path beside its folder.
_X86 = {
    "write": 1, "pwrite64": 18, "writev": 20, "pwritev": 296, "pwritev2": 328, "sendfile": 40, "copy_file_range": 326,
    "fsync": 74, "fdatasync": 75, "ftruncate": 77, "fallocate": 285, "open": 2, "openat": 257, "creat": 85,
    "rename": 82, "renameat": 264, "renameat2": 316, "link": 86, "linkat": 265, "symlink": 88, "symlinkat": 266,
    "unlink": 87, "unlinkat": 263, "mkdir": 83, "mkdirat": 258, "rmdir": 84, "truncate": 76,
}  # fmt: skip
_ARM = {
    "write": 64, "pwrite64": 68, "writev": 66, "pwritev": 70, "pwritev2": 287, "sendfile": 71, "copy_file_range": 285,
    "fsync": 82, "fdatasync": 83, "ftruncate": 46, "fallocate": 47, "openat": 56, "renameat": 38, "renameat2": 276,
    "linkat": 37, "symlinkat": 36, "unlinkat": 35, "mkdirat": 34, "truncate": 45,
}  # fmt: skip
_MACHINES = {"x86_64": (0xC000003E, 317, _X86), "aarch64": (0xC00000B7, 277, _ARM)}
_BY_DESCRIPTOR = {"write": 0, "pwrite64": 0, "writev": 0, "pwritev": 0, "pwritev2": 0, "sendfile": 0,
                  "copy_file_range": 2, "fsync": 0, "fdatasync": 0, "ftruncate": 0, "fallocate": 0}  # fmt: skip
# (argument with the folder's descriptor, argument with the path): of two paths the one that comes to be.
_BY_PATH = {
    "open": (None, 0), "openat": (0, 1), "creat": (None, 0), "rename": (None, 1), "renameat": (2, 3),
    "renameat2": (2, 3), "link": (None, 1), "linkat": (2, 3), "symlink": (None, 1), "symlinkat": (1, 2),
    "unlink": (None, 0), "unlinkat": (0, 1), "mkdir": (None, 0), "mkdirat": (0, 1), "rmdir": (None, 0),
    "truncate": (None, 0),
}  # fmt: skip
_FLAGS = {"open": 1, "openat": 2}
WRITES = ("write", "pwrite64")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_RECEIVE, _SEND, _CONTINUE = 0xC0502100, 0xC0182101, 1
_SIZE = 80  # bytes of struct seccomp_notif
_AT_HERE = -100


class Call(NamedTuple):
    """name: of the call. path: the file, absolute. size: bytes to be written, 0 for other calls."""

    name: str
    path: str
    size: int


class Ended(NamedTuple):
    """code: the exit code, negative for the signal that ended it. calls: how many were seen under the folder."""

    code: int
    calls: int


# What becomes of a call: None lets it through, a number refuses it with that errno.
Verdict = int | None
KILL, TEAR = -1, -2


def can_watch() -> bool:
    """Whether this machine's kernel lets us watch a child."""
    if platform.system() != "Linux" or platform.machine() not in _MACHINES:
        return False
    try:
        return run_watched(lambda: 0, Path("/nowhere"), lambda number, call: None).code == 0  # noqa: ARG005  unused
    except OSError:
        return False


def run_watched(
    work: Callable[[], int], root: Path, decide: Callable[[int, Call], Verdict], *, seconds: float = 300.0
) -> Ended:
    """Run `work` in a forked process; `decide` is asked about every call under `root`, with its number from 1 on.

    KILL ends the process before the call; TEAR writes half of what a write was given first. The exit code is what work
    returns. Raises TimeoutError, with the process ended, after `seconds`.
    """
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _become_watched(theirs, work)
    theirs.close()
    with ours:
        _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    if not descriptors:
        os.waitpid(pid, 0)
        raise OSError(errno.ENOSYS, "seccomp's user notifications are not to be had")
    listener = descriptors[0]
    watch = _Watch(pid, listener, str(root.resolve()) + os.sep, decide)
    try:
        watch.until(time.monotonic() + seconds)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    finally:
        os.close(listener)
    _, status = os.waitpid(pid, 0)
    return Ended(os.waitstatus_to_exitcode(status), watch.seen)


def _become_watched(link: socket.socket, work: Callable[[], int]) -> NoReturn:
    code = 70
    try:
        listener = _install()
        socket.send_fds(link, [b"x"], [listener])
        os.close(listener)
        link.close()
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _install() -> int:
    """The filter, in this process and all that it starts; the descriptor on which the kernel asks."""
    library = ctypes.CDLL(None, use_errno=True)
    program = _filter()
    memory = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(memory))
    no_new_privileges, set_filter, new_listener = 38, 1, 8
    library.prctl(no_new_privileges, 1, 0, 0, 0)
    listener = library.syscall(_MACHINES[platform.machine()][1], set_filter, new_listener, header)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return int(listener)


def _filter() -> bytes:
    """BPF: calls that only read pass at once, openings by their flags."""
    load, equal, any_bit, give = 0x20, 0x15, 0x45, 0x06
    architecture, _, numbers = _MACHINES[platform.machine()]
    steps = [(load, 0, 0, 4), (equal, 1, 0, architecture), (give, 0, 0, _ALLOW), (load, 0, 0, 0)]
    for name, number in numbers.items():
        if name in _FLAGS:
            flags = 16 + 8 * _FLAGS[name]
            steps += [(equal, 0, 4, number), (load, 0, 0, flags), (any_bit, 0, 1, _WRITING)]
            steps += [(give, 0, 0, _NOTIFY), (give, 0, 0, _ALLOW)]
        else:
            steps += [(equal, 0, 1, number), (give, 0, 0, _NOTIFY)]
    steps.append((give, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *step) for step in steps)


class _Watch:
    def __init__(self, pid: int, listener: int, root: str, decide: Callable[[int, Call], Verdict]) -> None:
        self._pid, self._listener, self._root, self._decide = pid, listener, root, decide
        self._names = {number: name for name, number in _MACHINES[platform.machine()][2].items()}
        self.seen = 0

    def until(self, deadline: float) -> None:
        """Answer until the process, and all that it started, is gone."""
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the process went on for too long")
            for _, event in poll.poll(min(left, 1.0) * 1000):
                if not event & select.POLLIN:
                    return
                self._answer()

    def _answer(self) -> None:
        asked = bytearray(_SIZE)
        try:
            fcntl.ioctl(self._listener, _RECEIVE, asked)
        except FileNotFoundError:
            return  # it was killed meanwhile
        identity, thread = struct.unpack_from("QI", asked)
        number, _, _, *arguments = struct.unpack_from("iIQ6Q", asked, 16)
        call = self._call(thread, self._names[number], arguments)
        verdict = None
        if call is not None:
            self.seen += 1
            verdict = self._decide(self.seen, call)
            if verdict in (KILL, TEAR):
                if verdict == TEAR and call.name in WRITES:
                    self._tear(thread, call, arguments)
                os.kill(self._pid, signal.SIGKILL)
                return
        reply = struct.pack("QqiI", identity, 0, -(verdict or 0), 0 if verdict else _CONTINUE)
        try:
            fcntl.ioctl(self._listener, _SEND, bytearray(reply))
        except FileNotFoundError:
            return

    def _call(self, thread: int, name: str, arguments: list[int]) -> Call | None:
        try:
            path = self._path(thread, name, arguments)
        except OSError:
            return None
        size = arguments[2] if name in WRITES else 0
        return Call(name, path, size) if path.startswith(self._root) else None

    def _path(self, thread: int, name: str, arguments: list[int]) -> str:
        if name in _BY_DESCRIPTOR:
            return str(Path(f"/proc/{thread}/fd/{arguments[_BY_DESCRIPTOR[name]]}").readlink())
        at, where = _BY_PATH[name]
        path = os.fsdecode(_memory(thread, arguments[where], 4096).split(b"\0", 1)[0])
        folder = _AT_HERE if at is None else ctypes.c_int32(arguments[at]).value
        link = Path(f"/proc/{thread}/cwd" if folder == _AT_HERE else f"/proc/{thread}/fd/{folder}")
        return os.path.normpath(link.readlink() / path)

    def _tear(self, thread: int, call: Call, arguments: list[int]) -> None:
        """Half of what was to be written, as a kill in the middle of a long write leaves it."""
        half = _memory(thread, arguments[1], call.size // 2)
        open_process, get_descriptor = 434, 438
        library = ctypes.CDLL(None, use_errno=True)
        process = library.syscall(open_process, _process_of(thread), 0)
        descriptor = library.syscall(get_descriptor, process, int(arguments[0]), 0) if process >= 0 else -1
        if descriptor < 0:
            raise OSError(ctypes.get_errno(), "a descriptor of the watched process is not to be had")
        if call.name == "pwrite64":
            os.pwrite(descriptor, half, arguments[3])
        else:
            os.write(descriptor, half)
        os.close(descriptor)
        os.close(process)


def _process_of(thread: int) -> int:
    lines = Path(f"/proc/{thread}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("Tgid:")).split()[1])


def _memory(thread: int, start: int, size: int) -> bytes:
    """Up to `size` bytes of another process's memory; fewer where its mapping ends."""
    with open(f"/proc/{thread}/mem", "rb", buffering=0) as memory:  # noqa: PTH123  no file of ours
        memory.seek(start)
        try:
            return memory.read(size)
        except OSError:
            memory.seek(start)
            return memory.read(-start % 4096 or 4096)
