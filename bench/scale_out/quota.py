"""Processor quota of a host: a control group, v1 or v2."""

from contextlib import suppress
from pathlib import Path

PERIOD = 20_000  # microseconds: short, so that a host waits often and briefly instead of seldom and long
ROOT = Path("/sys/fs/cgroup")


class Quota:
    def __init__(self, name: str) -> None:
        self._first = (ROOT / "cpu").is_dir()
        self._folder = ROOT / "cpu" / name if self._first else ROOT / name

    def limit(self, cores: float | None) -> bool:
        quota = round(PERIOD * cores) if cores else None
        try:
            self._make()
            if self._first:
                (self._folder / "cpu.cfs_period_us").write_text(str(PERIOD))
                (self._folder / "cpu.cfs_quota_us").write_text(str(quota or -1))
            else:
                (self._folder / "cpu.max").write_text(f"{quota or 'max'} {PERIOD}")
        except OSError:
            return False
        return True

    def put(self, pid: int) -> None:
        """Its children are born into the same group. Without such groups nothing is limited, and `limit` says so."""
        with suppress(OSError):
            self._make()
            (self._folder / "cgroup.procs").write_text(str(pid))

    def remove(self) -> None:
        with suppress(OSError):
            self._folder.rmdir()

    def _make(self) -> None:
        self._folder.mkdir(exist_ok=True)
