"""The fault report: how many tasks were executed under each fault, in how many attempts, and how those ended."""

from dataclasses import dataclass, field


@dataclass
class Report:
    lines: list[tuple[str, int, int, int, int, int]] = field(default_factory=list)

    def note(self, fault: str, work, *, lost: int | None = None, doubled: int | None = None) -> None:
        """Lost: without an end. Doubled: done twice. Give them where something else counts."""
        runs = work.all_runs()
        ended = sum(run["status"] in ("succeeded", "failed", "cancelled") for run in runs)
        lost = len(work.lost()) if lost is None else lost
        doubled = len(work.doubled()) if doubled is None else doubled
        self.lines.append((fault, len(work.tasks), len(runs), ended, lost, doubled))

    def table(self) -> list[str]:
        head = ("fault", "tasks", "runs started", "ended", "lost", "doubled")
        rows = [head, *([str(cell) for cell in line] for line in self.lines)]
        widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
        return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
