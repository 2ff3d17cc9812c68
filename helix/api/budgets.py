from typing import Any

from helix.api.blueprint import actor, signed_in_blueprint
from helix.schemas.budget import BudgetList
from helix.services import budgets

blueprint = signed_in_blueprint("org_budgets", "Organization Settings", "/api/org/budgets")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: BudgetList})
def show() -> Any:
    """The budgets of the organization and of each agent, with the costs of this month. For admins."""
    return [budgets.serialize(standing) for standing in budgets.overview(actor())]


@blueprint.post("/lift", responses={200: BudgetList})
def lift() -> Any:
    """Lift the organization's budget for the rest of this month. For admins."""
    budgets.lift_organization(actor())
    return show()
