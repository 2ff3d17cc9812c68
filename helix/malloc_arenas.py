"""Configures glibc's malloc to return freed memory to the system; by default it keeps much of it."""

import ctypes

# From glibc's malloc.h. Other C libraries have no `mallopt`.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
# Allocations of at least this many bytes get their own mapping, which is returned when freed. By default glibc raises
# the threshold with every larger block that is freed, up to 32 MB: responses then lie between small long-lived blocks
# and their memory is never returned.
OWN_MAPPING = 128 * 1024
FREE_AT_THE_END = 256 * 1024
# The default is several per thread, each with its own free memory. Because of the GIL, two are enough.
ARENAS = 2


def configure_malloc() -> bool:
    """Apply the settings to this process and its future children. False if the C library has no `mallopt`."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    wanted = ((M_MMAP_THRESHOLD, OWN_MAPPING), (M_TRIM_THRESHOLD, FREE_AT_THE_END), (M_ARENA_MAX, ARENAS))
    taken = [mallopt(name, value) == 1 for name, value in wanted]
    return all(taken)
