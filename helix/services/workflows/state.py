"""A run with its definition and its steps, as one object inside a transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import select

from helix.db.locking import lock, lock_one
from helix.extensions import db
from helix.models import Task, WorkflowRun, WorkflowRunStep
from helix.models.vocabulary import StepState, WorkflowStepKind
from helix.services.work.workflow_steps import definition_of_step
from helix.services.workflows import definition as definitions
from helix.services.workflows import lookup, placeholders
from helix.services.workflows.definition import Definition, Step

# A step that needs one in these states need not wait for it any more.
PASSED = (StepState.DONE, StepState.SKIPPED, StepState.NOT_TAKEN)
ENDED = (*PASSED, StepState.CANCELLED)
TASK_KINDS = (WorkflowStepKind.AGENT, WorkflowStepKind.PERSON)


@dataclass(frozen=True)
class RunState:
    """`rows` are the steps by key, those of items (`sections.1`) after all others."""

    run: WorkflowRun
    definition: Definition
    rows: dict[str, WorkflowRunStep]

    @classmethod
    def locked(cls, run_id: int) -> "RunState | None":
        """None when the run was deleted. Whoever locks tasks of the run as well locks those first, then the run."""
        run = lock(WorkflowRun, run_id)
        return None if run is None else cls.of(run)

    @classmethod
    def of(cls, run: WorkflowRun) -> "RunState":
        query = select(WorkflowRunStep).where(WorkflowRunStep.workflow_run_id == run.id)
        query = query.order_by(WorkflowRunStep.ordinal).execution_options(populate_existing=True)
        rows = {row.key: row for row in db.session.scalars(query)}
        return cls(run, lookup.version_of(run.workflow_id, run.number).definition, rows)

    @cached_property
    def steps(self) -> list[Step]:
        """Each after those that it needs."""
        return definitions.in_order(self.definition)

    @cached_property
    def by_key(self) -> dict[str, Step]:
        return definitions.steps_by_key(self.definition)

    def step_of(self, key: str) -> Step:
        """The definition of a step; of an item, that of the inner step."""
        return definition_of_step(self.definition, key)

    def items_of(self, key: str) -> list[WorkflowRunStep]:
        """The steps of the items of an `each`, in the order of its list."""
        return [row for row in self.rows.values() if row.key.startswith(f"{key}.")]

    def needs_of(self, key: str) -> list[WorkflowRunStep]:
        return [self.rows[need] for need in self.by_key[key].get("needs") or ()]

    def task_of(self, key: str) -> Task | None:
        """The task of a step, locked; None for a step without one, or whose task was purged."""
        task_id = self.rows[key].task_id
        return lock(Task, task_id) if task_id else None

    def value_of(self, path: list[str]) -> Any:
        """The value of `input.week`, `steps.research.result` or `steps.research.output.verdict`.

        None where there is none, such as of a step that was not taken. Raises KeyError for no such reference.
        """
        if path[0] == "input" and len(path) == 2:
            return self.run.input.get(path[1])
        if path[0] != "steps" or len(path) < 3:
            raise KeyError(".".join(path))
        row = self.rows[path[1]]
        if path[2] == "output":
            return placeholders.part_of(row.output, path[3:])
        return self._result(row)

    def fill(self, text: str, item: Callable[[list[str]], Any] | None = None) -> str:
        """The text with the values of all placeholders. `item` gives those of `item.…`."""

        def value_of(path: list[str]) -> Any:
            if path[0] == "item" and item is not None:
                return item(path[1:])
            return self.value_of(path)

        return placeholders.fill(text, value_of)

    def fill_inputs(self, text: str) -> str:
        """The text with the values of inputs; those of steps are left for when the steps before are done."""

        def value_of(path: list[str]) -> Any:
            if path[0] != "input":
                raise KeyError(".".join(path))
            return self.value_of(path)

        return placeholders.fill(text, value_of)

    def _result(self, row: WorkflowRunStep) -> Any:
        if row.state == StepState.NOT_TAKEN:
            return None
        if row.kind == WorkflowStepKind.EACH:
            results = [self._result(item) for item in self.items_of(row.key)]
            return "\n\n".join(result for result in results if result) or (row.output or {}).get("result")
        if row.state == StepState.SKIPPED:
            output = row.output or {}
            return output.get("result") if set(output) <= {"result"} else output
        return db.session.get_one(Task, row.task_id).result if row.task_id else None


def lock_with_tasks(run_id: int) -> RunState | None:
    """The run and all its tasks, locked in the order of the followers of status changes: tasks first, then the run."""
    ids = select(Task.id).where(Task.workflow_run_id == run_id).order_by(Task.id)
    for task_id in db.session.scalars(ids).all():
        lock_one(Task, task_id)
    return RunState.locked(run_id)
