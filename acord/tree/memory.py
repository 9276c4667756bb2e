"""Memory of the process that runs the engine."""

import ctypes
import platform


def keep_freed_memory() -> None:
    """Ask glibc to keep large freed blocks for the next tensors; elsewhere, do nothing.

    By default blocks go back to the system as soon as they are freed, and touching fresh pages again can cost more
    than computing what they hold. Blocks over 32 MB still do, which glibc does not let anyone change: nothing that
    large is made in a step.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
    libc = ctypes.CDLL(None)
    libc.mallopt(mmap_threshold, 32 * 2**20)
    libc.mallopt(trim_threshold, 2**31 - 1)


def give_back_freed_memory() -> None:
    """Give freed blocks back to the system now, glibc willing: what one stage kept, the next does not need."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
