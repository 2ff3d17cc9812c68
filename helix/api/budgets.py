from typing import Any

from helix.api.blueprint import actor, signed_in_blueprint
from helix.schemas.budget import BudgetList
from helix.services import budgets

blueprint = signed_in_blueprint("org_budgets", "Organization Settings", "/api/org/budgets")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: BudgetList})
def show() -> Any:
    """The organization's limit and each agent's, with what this month has cost of them. For admins."""
    return [budgets.serialize(standing) for standing in budgets.overview(actor())]


@blueprint.post("/lift", responses={200: BudgetList})
def lift() -> Any:
    """Let all go on for the rest of this month, whatever the organization's budget says. For admins."""
    budgets.lift_organization(actor())
    return show()
