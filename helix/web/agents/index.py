"""The agents by department, and making a new one."""

from dataclasses import dataclass
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.folding import fold
from helix.models.vocabulary import AgentStatus
from helix.policies import administration
from helix.schemas.agent import NULLABLE, AgentIn
from helix.services import agents, boards
from helix.web import form_values
from helix.web.admins import admins_only
from helix.web.agents.form import FIELDS, WORDS, choices
from helix.web.blueprint import actor, by_htmx, page, part, section, see
from helix.web.forms import number

door = section("agents")
DOORS = (door,)
STATUSES = {"busy": "Working", "online": "Ready", "error": "Failed last", "offline": "Offline"}


@dataclass(frozen=True)
class Narrowed:
    """`?q=&department=&status=`, as it stands in the address; what cannot be read is left out."""

    q: str
    department: int | None
    status: str

    @classmethod
    def of_request(cls) -> "Narrowed":
        status = request.args.get("status", "")
        return cls(
            q=request.args.get("q", "").strip()[:200],
            department=number(request.args, "department"),
            status=status if status in {str(word) for word in AgentStatus} else "",
        )

    def holds(self, card: dict[str, Any]) -> bool:
        words = fold(f"{card['name']} {card['role_title']}")
        return (
            fold(self.q) in words
            and self.department in (None, card["department_id"] or 0)
            and self.status in ("", card["status"])
        )


@door.get("/agents")
def index() -> ResponseReturnValue:
    narrowed = Narrowed.of_request()
    everyone = agents.cards(actor(), agents.agents(texts=False), texts=False)
    found = [card for card in everyone if narrowed.holds(card)]
    homes = [*boards.departments(), None]
    groups = [
        (home, [card for card in found if card["department_id"] == (home.id if home else None)]) for home in homes
    ]
    listed = {
        "groups": [(home, cards) for home, cards in groups if cards],
        "total": len(everyone),
        "may_administer": administration.may_administer(actor()),
    }
    if by_htmx():
        return part("agents/_list.html", **listed)
    return page(
        "agents/index.html",
        here="agents",
        narrowed=narrowed,
        **listed,
        departments=homes[:-1],
        homeless=any(card["department_id"] is None for card in everyone),
        statuses=STATUSES,
    )


@door.get("/agents/<int:agent_id>/card")
def card(agent_id: int) -> ResponseReturnValue:
    return part("agents/_card.html", agent=agents.cards(actor(), [agents.get(agent_id)])[0])


@door.get("/agents/new")
def new() -> ResponseReturnValue:
    admins_only()
    return _form({"execution_mode": "manual", "max_parallel_runs": "1", "max_output_tokens": "4096"})


@door.post("/agents")
def create() -> ResponseReturnValue:
    typed = form_values.typed(*FIELDS, "system_prompt", "execution_mode")
    try:
        sent = AgentIn.model_validate(form_values.values(typed, nullable=NULLABLE))
        agent = agents.create(actor(), **sent.model_dump())
    except form_values.REFUSALS as error:
        return _form(typed, form_values.problems(error, words=WORDS, otherwise="name"), 422)
    return see(f"/agents/{agent.id}?tab=prompt")


def _form(
    typed: dict[str, str], problems: form_values.Problems | None = None, status: int = 200
) -> ResponseReturnValue:
    context = {"typed": typed, "problems": problems or {}, "new": True, **choices()}
    if by_htmx():
        return part("agents/_new.html", status, **context)
    return page("agents/form.html", here="agents", status=status, action="/agents", title="New agent", **context)
