from typing import Any

from helix.api.door import actor, array, section, slice_of
from helix.schemas.agent import AgentFilter, AgentOut, AgentPath
from helix.services import agents

door = section("agents", "Agents", "/api/agents")
DOORS = (door,)


@door.get("/")
def index(query: AgentFilter) -> Any:
    """Every agent, by name."""
    found = agents.agents(department_id=query.department_id, board_id=query.board_id)
    return array(agents.shown(actor(), list(slice_of(found, query))), len(found), query)


@door.get("/<int:agent_id>", responses={200: AgentOut})
def show(path: AgentPath) -> Any:
    """One agent."""
    return agents.shown(actor(), [agents.get(path.agent_id)])[0]
