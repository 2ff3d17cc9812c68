"""The list of agents by department, and creating an agent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.folding import fold
from helix.models import Department
from helix.models.vocabulary import AgentStatus
from helix.policies import administration
from helix.schemas.agent import NULLABLE, AgentIn
from helix.services import agent_creation, agents, boards, names, skills
from helix.web import forms
from helix.web.admins import require_admin
from helix.web.agents.form import FIELDS, MESSAGES, choices
from helix.web.blueprint import (
    actor,
    flash_toast,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    signed_in_blueprint,
)
from helix.web.forms import int_or_none, is_id

blueprint = signed_in_blueprint("agents")
BLUEPRINTS = (blueprint,)
NAME_TAKEN = "This name is already taken. Choose another, so that @mentions stay clear."
STATUSES = {"busy": "Working", "online": "Ready", "error": "Failed last", "offline": "Offline"}


@dataclass(frozen=True)
class AgentFilter:
    """The filter `?q=&department=&status=`. Invalid values are ignored."""

    q: str
    department: int | None
    status: str

    @classmethod
    def of_request(cls) -> "AgentFilter":
        status = request.args.get("status", "")
        return cls(
            q=request.args.get("q", "").strip()[:200],
            department=int_or_none(request.args, "department"),
            status=status if status in {str(word) for word in AgentStatus} else "",
        )

    def holds(self, card: dict[str, Any]) -> bool:
        words = fold(f"{card['name']} {card['role_title']}")
        return (
            fold(self.q) in words
            and self.department in (None, card["department_id"] or 0)
            and self.status in ("", card["status"])
        )


@blueprint.get("/agents")
def index() -> ResponseReturnValue:
    agent_filter = AgentFilter.of_request()
    everyone = with_work(agents.cards(actor(), agents.agents(texts=False), texts=False))
    found = [card for card in everyone if agent_filter.holds(card)]
    departments = boards.departments()
    groups = [
        (department, [card for card in found if card["department_id"] == (department.id if department else None)])
        for department in [*departments, None]
    ]
    listed = {
        "groups": [(department, cards) for department, cards in groups if cards],
        "total": len(everyone),
        "may_administer": administration.may_administer(actor()),
    }
    if is_htmx_request():
        return render_partial("agents/_list.html", **listed)
    return render_page(
        "agents/index.html",
        here="agents",
        narrowed=agent_filter,
        **listed,
        department_choices=_department_choices(departments, everyone),
        statuses=STATUSES,
    )


def _department_choices(departments: Sequence[Department], cards: Sequence[dict[str, Any]]) -> list[tuple[int, str]]:
    """For the filter. Without departments there is nothing to choose."""
    choices = [(department.id, f"{department.emoji} {department.name}") for department in departments]
    if choices and any(card["department_id"] is None for card in cards):
        choices.append((0, "No department"))
    return choices


@blueprint.get("/agents/<int:agent_id>/card")
def card(agent_id: int) -> ResponseReturnValue:
    (card,) = with_work(agents.cards(actor(), [agents.get(agent_id)]))
    return render_partial("agents/_card.html", agent=card)


def with_work(cards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cards with `board_name` (None without a board that the viewer sees) and `skills`, the names of its own."""
    names_of_skills = skills.names_by_agent()
    boards_seen = {board.id: board.name for board in layout_context().boards}
    return [
        card | {"board_name": boards_seen.get(card["primary_board_id"]), "skills": names_of_skills.get(card["id"], [])}
        for card in cards
    ]


@blueprint.get("/agents/new")
def new() -> ResponseReturnValue:
    require_admin()
    return _form({"execution_mode": "manual", "max_parallel_runs": "1", "max_output_tokens": "4096"})


@blueprint.post("/agents")
def create() -> ResponseReturnValue:
    typed = forms.posted_fields(*FIELDS, "system_prompt", "execution_mode")
    skill_ids = [int(text) for text in request.form.getlist("skill_ids") if is_id(text)]
    try:
        sent = AgentIn.model_validate(forms.empty_to_none(typed, nullable=NULLABLE))
        agent = agent_creation.create(actor(), skill_ids, **sent.model_dump())
    except forms.FORM_ERRORS as error:
        problems = forms.error_messages(error, words=MESSAGES, otherwise="name")
        # The service checks the name last: say all that is wrong at once.
        if "name" not in problems and not names.is_available(typed["name"]):
            problems["name"] = NAME_TAKEN
        return _form(typed, problems, 422, skill_ids)
    return redirect_to(f"/agents/{agent.id}?tab=prompt")


@blueprint.post("/agents/<int:agent_id>/duplicate")
def duplicate(agent_id: int) -> ResponseReturnValue:
    agent = agent_creation.duplicate(actor(), agent_id)
    flash_toast(f"Created {agent.name}, with the same instructions, skills and tools.")
    return redirect_to(f"/agents/{agent.id}")


def _form(
    typed: dict[str, str],
    problems: forms.FieldErrors | None = None,
    status: int = 200,
    skill_ids: Sequence[int] = (),
) -> ResponseReturnValue:
    context = {
        "typed": typed,
        "problems": problems or {},
        "new": True,
        "skills": skills.choices_for_new(),
        "skill_ids": skill_ids,
        **choices(),
    }
    if is_htmx_request():
        return render_partial("agents/_new.html", status, **context)
    return render_page("agents/form.html", here="agents", status=status, action="/agents", title="New agent", **context)
