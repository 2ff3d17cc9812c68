"""Overhead of runs: latency from click to call, streaming, parallel runs, draining a queue.

`python -m bench.execution [part ...]`: on SQLite and a private Redis, or on the servers of the TEST_ variables.
Real processes, and a model provider on this machine. Each part takes less than three minutes.
"""

from bench.execution.rows import Row


def rows(parts: tuple[str, ...] = ()) -> list[Row]:
    """The table: name, value, goal. `parts` of click, stream, parallel, drain; all of them when empty."""
    from bench.execution import drain, latency, parallel

    every = {
        "click": latency.click_to_call,
        "stream": latency.streamed_text,
        "parallel": parallel.side_by_side,
        "drain": drain.drained,
    }
    found: list[Row] = []
    for name in parts or tuple(every):
        found += every[name]()
    return found
