"""Why runs fail, as texts for people, with the next step."""

from dataclasses import dataclass

from helix.models.vocabulary import FailureReason as R


@dataclass(frozen=True)
class FailureText:
    """`short` fits on a card, `next_step` says what to do, `where` is the path of the page to do it on."""

    short: str
    next_step: str
    where: str | None = None


FAILURE_TEXTS: dict[R, FailureText] = {
    R.NO_MODEL: FailureText(
        "No model to run on", "Choose a model for the agent, or a default for everyone.", "/models"
    ),
    R.KEY_REFUSED: FailureText(
        "The provider refused the key", "Enter a valid key for this model and test it.", "/models"
    ),
    R.MODEL_UNKNOWN: FailureText(
        "The provider does not know this model", "Check the model's name and address.", "/models"
    ),
    R.HOST_UNREACHABLE: FailureText(
        "The provider cannot be reached", "Check the model's address and your network.", "/models"
    ),
    R.RATE_LIMITED: FailureText("The provider asks to slow down", "Run it again later, or raise the limit there."),
    R.PROVIDER_ERROR: FailureText(
        "The provider failed", "Run it again later; if it stays so, test the model.", "/models"
    ),
    R.CONTEXT_TOO_LONG: FailureText(
        "The task is too long for this model", "Shorten the task or its skills, or choose a model with a larger window."
    ),
    R.CONTENT_REFUSED: FailureText(
        "The model refused to answer", "Change what the task asks for, or choose another model."
    ),
    R.BUDGET_EXHAUSTED: FailureText(
        "The budget is used up", "Raise the budget, or wait for the next month.", "/settings/budgets"
    ),
    R.TIMED_OUT: FailureText(
        "It took too long", "Make the task smaller, or raise the time limit in the settings.", "/settings"
    ),
    R.WORKER_LOST: FailureText("The worker was lost", "Run it again; the worker's log says what happened to it."),
    R.NO_PROGRESS: FailureText(
        "No progress", "Look at the results so far and change the task before running it again."
    ),
    R.NOT_HANDED_IN: FailureText(
        "The values are missing",
        "Retry the step in the workflow, or skip it with values of your own. The model has to be able to use tools.",
    ),
    R.INTERNAL: FailureText("Something broke on our side", "Run it again; if it stays so, the worker's log says why."),
}
