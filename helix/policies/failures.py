"""Why runs fail, in words for a person, with what to do next."""

from dataclasses import dataclass

from helix.models.vocabulary import FailureReason as R


@dataclass(frozen=True)
class Words:
    """`short` fits a card, `next_step` says what to do, `where` is the page to do it on."""

    short: str
    next_step: str
    where: str | None = None


WORDS: dict[R, Words] = {
    R.NO_MODEL: Words("No model to run on", "Choose a model for the agent, or a default for everyone.", "/models"),
    R.KEY_REFUSED: Words("The provider refused the key", "Enter a valid key for this model and test it.", "/models"),
    R.MODEL_UNKNOWN: Words("The provider does not know this model", "Check the model's name and address.", "/models"),
    R.HOST_UNREACHABLE: Words(
        "The provider cannot be reached", "Check the model's address and your network.", "/models"
    ),
    R.RATE_LIMITED: Words("The provider asks to slow down", "Run it again later, or raise the limit there."),
    R.PROVIDER_ERROR: Words("The provider failed", "Run it again later; if it stays so, test the model.", "/models"),
    R.CONTEXT_TOO_LONG: Words(
        "The task is too long for this model", "Shorten the task or its skills, or choose a model with a larger window."
    ),
    R.CONTENT_REFUSED: Words("The model refused to answer", "Change what the task asks for, or choose another model."),
    R.BUDGET_EXHAUSTED: Words(
        "The budget is used up", "Raise the budget, or wait for the next month.", "/settings/budgets"
    ),
    R.TIMED_OUT: Words(
        "It took too long", "Make the task smaller, or raise the time limit in the settings.", "/settings"
    ),
    R.WORKER_LOST: Words("The worker was lost", "Run it again; the worker's log says what happened to it."),
    R.NO_PROGRESS: Words("No progress", "Look at the results so far and change the task before running it again."),
    R.INTERNAL: Words("Something broke on our side", "Run it again; if it stays so, the worker's log says why."),
}
