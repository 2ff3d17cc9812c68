"""Ten thousand runs that wait for people: what a claim costs beside them, and what they hold.

Twenty runs come to wait by themselves, with a model that has a price; the others are copies of their rows.
"""

from typing import Any

from bench.execution.rows import Row, installation, new_task
from bench.tools.rounds import Moment, Rounds, measured_rounds
from bench.tools.setup import execute, inside, prepare, work_in_this_process
from tests.support.agent_turns import turns
from tests.support.model_server import ModelServer

WAITING, REAL = 10_000, 20
CLAIMS = 100


def waiting_runs() -> list[Row]:
    with ModelServer() as model, installation() as running:
        model.behave("asks", turns([("ask_person", {"question": "Green or black?"})], "Done."))
        running.start("web")
        with running.client() as api:
            agents = prepare(running, api, model, "asks")
            for one in api.get("/models/").json():
                price = {"input_cost_per_million": 3, "output_cost_per_million": 15}
                assert api.patch(f"/models/{one['id']}", json=price).status_code == 200
            tasks = [new_task(api, number, agents[number % len(agents)]) for number in range(REAL)]
            for task in tasks:
                assert api.post(f"/tasks/{task}/execute").status_code == 202
        found = inside(running, "bench.tools.waiting:claims_beside_waiting_runs")
    held = f"{found['reserved_usd']:.2f} USD, {found['heartbeats']} heartbeats, {found['busy']} agents at work"
    return [
        Row(f"claim beside {found['waiting']:,} waiting runs", str(Rounds(*found["many"])), "p95 50 ms"),
        Row(f"claim beside {REAL} waiting runs", str(Rounds(*found["few"])), ""),
        Row(f"{found['waiting']:,} waiting runs hold", held, "nothing"),
    ]


def claims_beside_waiting_runs() -> dict[str, Any]:
    import sqlalchemy as sa

    from helix.extensions import db
    from helix.jobs.context import app
    from helix.models import BudgetMonth, Run
    from helix.models.vocabulary import RunStatus

    work_in_this_process()
    execute(REAL)
    with app().app_context():
        few = measured_rounds(_claims)
        _copy(WAITING - REAL)
        db.session.execute(sa.text("ANALYZE"))
        db.session.commit()
        many = measured_rounds(_claims)
        of_waiting = Run.status == RunStatus.WAITING
        waiting = db.session.scalar(sa.select(sa.func.count(Run.id)).where(of_waiting)) or 0
        reserved = db.session.scalar(sa.select(sa.func.sum(BudgetMonth.reserved_usd))) or 0
        reserved += db.session.scalar(sa.select(sa.func.sum(Run.reserved_usd)).where(of_waiting)) or 0
        held = Run.heartbeat_at.is_not(None), Run.worker.is_not(None)
        heartbeats = db.session.scalar(sa.select(sa.func.count(Run.id)).where(of_waiting, sa.or_(*held))) or 0
        busy = db.session.scalar(
            sa.select(sa.func.count(sa.distinct(Run.agent_id))).where(Run.status == RunStatus.RUNNING)
        )
    return {
        "few": few,
        "many": many,
        "waiting": waiting,
        "reserved_usd": float(reserved),
        "heartbeats": heartbeats,
        "busy": busy,
    }


def _claims() -> list[tuple[float, float]]:
    """Milliseconds of each claim, in all and of this process. A claimed run is closed again, which is not measured."""
    import sqlalchemy as sa

    from helix.db.transaction import transaction
    from helix.extensions import db
    from helix.models import Agent, Board, Run, Task
    from helix.models.vocabulary import RunStatus
    from helix.policies.actor import SYSTEM
    from helix.services import runs, tasks

    with transaction():
        agent_id = db.session.scalar(sa.select(sa.func.min(Agent.id)))
        board_id = next(board.id for board in db.session.scalars(sa.select(Board)) if not board.wip_limits)
        new = [
            tasks.create(SYSTEM, title=f"To claim {number}", board_id=board_id, assigned_agent_id=agent_id).id
            for number in range(CLAIMS)
        ]
    for task_id in new:
        runs.start(SYSTEM, task_id)
    found = []
    for _ in range(CLAIMS):
        began = Moment()
        claim = runs.claim("bench")
        found.append(began.milliseconds())
        assert claim is not None
        assert claim.task_id in new, "a run that waits was claimed"
        with transaction():
            db.session.execute(sa.update(Run).where(Run.id == claim.run_id).values(status=RunStatus.CANCELLED))
    with transaction():
        db.session.execute(sa.update(Task).where(Task.id.in_(new)).values(archived=True))
    return found


def _copy(count: int) -> None:
    """Copies of the waiting runs with everything that belongs to them."""
    import sqlalchemy as sa

    from helix.db.transaction import transaction
    from helix.extensions import db
    from helix.models import HumanRequest, Run, RunMessage, RunStep, Task, ToolCall
    from helix.models.vocabulary import RunStatus

    def rows(model: Any, *conditions: Any) -> list[dict[str, Any]]:
        table = model.__table__
        columns = [column for column in table.columns if not column.computed]
        query = sa.select(*columns).select_from(table).where(*conditions).order_by(table.c.id)
        return [dict(row) for row in db.session.execute(query).mappings()]

    def insert(model: Any, new: list[dict[str, Any]]) -> list[int]:
        table = model.__table__
        bare = [{name: value for name, value in row.items() if name != "id"} for row in new]
        statement = sa.insert(table).returning(table.c.id, sort_by_parameter_order=True)
        return list(db.session.scalars(statement, bare))

    originals = rows(Run, Run.status == RunStatus.WAITING)
    tasks = {row["id"]: row for row in rows(Task, Task.id.in_([run["task_id"] for run in originals]))}
    chosen = [originals[number % len(originals)] for number in range(count)]
    with transaction():
        task_ids = insert(Task, [tasks[run["task_id"]] | {"last_run_id": None} for run in chosen])
        new = [run | {"task_id": task_id} for run, task_id in zip(chosen, task_ids, strict=True)]
        run_ids = insert(Run, new)
        own_runs = sa.select(Run.id).where(Run.task_id == Task.id).scalar_subquery()
        db.session.execute(sa.update(Run).where(Run.id.in_(run_ids)).values(conversation_id=Run.id))
        db.session.execute(sa.update(Task).where(Task.id.in_(task_ids)).values(last_run_id=own_runs))
        copies: dict[int, list[tuple[int, int]]] = {}
        for run, run_id, task_id in zip(chosen, run_ids, task_ids, strict=True):
            copies.setdefault(run["id"], []).append((run_id, task_id))
        for run in originals:
            own = copies.get(run["id"], [])
            for model in (RunStep, RunMessage):
                found = rows(model, model.run_id == run["id"])
                named = "conversation_id" in model.__table__.columns
                insert(
                    model,
                    [
                        row | {"run_id": run_id} | ({"conversation_id": run_id} if named else {})
                        for run_id, _task_id in own
                        for row in found
                    ],
                )
            (call,), (request,) = (
                rows(ToolCall, ToolCall.run_id == run["id"]),
                rows(HumanRequest, HumanRequest.run_id == run["id"]),
            )
            call_ids = insert(ToolCall, [call | {"run_id": run_id, "conversation_id": run_id} for run_id, _ in own])
            insert(
                HumanRequest,
                [
                    request | {"run_id": run_id, "task_id": task_id, "tool_call_id": call_id}
                    for (run_id, task_id), call_id in zip(own, call_ids, strict=True)
                ],
            )
