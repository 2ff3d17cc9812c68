"""Memory that Python gave back goes back to the system, also where small pieces that stay lie in between."""

import subprocess
import sys

import pytest

from helix import malloc_arenas

# Some 80 MB in large pieces, a small one that is kept after each, and then the large ones are freed.
FREED = """
import gc, sys
import psutil
from helix import malloc_arenas
if sys.argv[1] == "given back":
    assert malloc_arenas.configure_malloc()
large = [bytearray(b"x" * 200_000)]
large.clear()
small = []
for _ in range(400):
    large.append(bytearray(b"x" * 200_000))
    small.append(bytearray(b"y" * 2_000))
full = psutil.Process().memory_info().rss
large.clear()
gc.collect()
print((full - psutil.Process().memory_info().rss) // 1_000_000)
"""


def freed(way: str) -> int:
    """MB that went back to the system."""
    done = subprocess.run([sys.executable, "-c", FREED, way], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(not malloc_arenas.configure_malloc(), reason="this C library has no mallopt")
def test_what_was_freed_is_given_back():
    assert freed("given back") > 70
