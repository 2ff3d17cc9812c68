"""How the C library keeps memory that Python gave back: by default it holds on to much of it for good."""

import ctypes

# Of glibc's malloc.h. Elsewhere there is no `mallopt`, and nothing to be set.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
# A piece of at least so many bytes is a mapping of its own, which goes back to the system when it is freed. Left to
# itself glibc raises this with every larger piece that is freed, up to 32 MB: answers then lie among small pieces that
# stay, and what they took is never given back.
OWN_MAPPING = 128 * 1024
FREE_AT_THE_END = 256 * 1024
# One for each thread is the default, each with its own left-overs. Python's threads allocate one after another.
ARENAS = 2


def configure_malloc() -> bool:
    """For this process and those that it forks, from now on. False where the C library has no such choice."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    wanted = ((M_MMAP_THRESHOLD, OWN_MAPPING), (M_TRIM_THRESHOLD, FREE_AT_THE_END), (M_ARENA_MAX, ARENAS))
    taken = [mallopt(name, value) == 1 for name, value in wanted]
    return all(taken)
