from flask.typing import ResponseReturnValue

from helix.services import runs
from helix.web.door import actor, by_htmx, part, section, see
from helix.web.task_panel import shown_run

door = section("runs")
DOORS = (door,)


@door.get("/runs/<int:run_id>")
def show(run_id: int) -> ResponseReturnValue:
    """A run with its steps, opened; without a script, the runs of its task."""
    run = runs.get(actor(), run_id)
    if not by_htmx():
        return see(f"/tasks/{run.task_id}?tab=runs")
    return part("runs/_run.html", run=shown_run(run), open=True)
