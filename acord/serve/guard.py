"""Runs a server of others for whoever holds the other end of a socket: `python -m acord.serve.guard FD COMMAND...`.

Whoever started it may be killed, and a server that is killed may leave processes behind. Guard and server are one
process group, which ends as a whole. Out over the socket: the server's exit code. In: a byte asks for an orderly end,
the socket's end kills.
"""

import os
import signal
import socket
import subprocess
import sys
from threading import Thread


def main() -> None:
    """FD: of the socket. COMMAND: the server's argument list. To be started in a session of its own."""
    number, *command = sys.argv[1:]
    if os.getpgrp() != os.getpid():
        sys.exit("the guard ends its whole process group and must lead it")
    link = socket.socket(fileno=int(number))
    process = subprocess.Popen(command)  # noqa: S603  the argument list that this process was given, no shell
    Thread(target=_watch, args=(link, process), daemon=True).start()
    code = process.wait()
    try:
        link.sendall(str(code).encode())
    finally:
        _end()


def _watch(link: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    try:
        while link.recv(1):
            process.terminate()
    finally:
        _end()


def _end() -> None:
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
