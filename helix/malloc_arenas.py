"""Configures glibc's malloc to return freed memory to the system; by default it keeps much of it."""

import ctypes

# From glibc's malloc.h. Other C libraries have no `mallopt`.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
# Allocations of at least this many bytes get their own mapping, which is returned when freed. By default glibc raises
# the threshold with every larger block that is freed, up to 32 MB: responses then lie between small long-lived blocks
# and their memory is never returned.
MMAP_THRESHOLD = 128 * 1024
TRIM_THRESHOLD = 256 * 1024
# The default is several per thread, each with its own free memory. Because of the GIL, two are enough.
MAX_ARENAS = 2


def configure_malloc() -> bool:
    """Apply the settings to this process and its future children. False if the C library has no `mallopt`."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    settings = ((M_MMAP_THRESHOLD, MMAP_THRESHOLD), (M_TRIM_THRESHOLD, TRIM_THRESHOLD), (M_ARENA_MAX, MAX_ARENAS))
    applied = [mallopt(name, value) == 1 for name, value in settings]
    return all(applied)
