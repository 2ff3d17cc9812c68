"""The input of a run as plain values, read at once, so that no transaction is open during the model call."""

from dataclasses import dataclass, replace
from decimal import Decimal

from helix import llm, prompt
from helix.models import Task
from helix.models.vocabulary import Trigger
from helix.services import attachments, models, tools
from helix.services.runs import context
from helix.services.runs.claim import Claim
from helix.services.runs.prompt_parts import PromptParts, parts_of
from helix.services.tools import GrantedTool
from helix.services.work import links, workflow_steps
from helix.services.work.outcome import Outcome

MILLION = Decimal(1_000_000)
# The share of the window that is left for results of tools.
SHARE_FOR_RESULTS = 4


@dataclass(frozen=True)
class Work:
    """The input of one run, and the calculations that depend on its model."""

    endpoint: llm.Endpoint
    ai_model_id: int
    model_name: str
    cooldown_key: str
    max_tokens: int
    run_timeout_seconds: float
    stream_idle_seconds: float
    unknown_price: Decimal
    mention: bool
    parts: PromptParts
    # Empty for a model that cannot call tools, or is not known to.
    tools: tuple[GrantedTool, ...] = ()
    # An earlier attempt or claim has begun the conversation.
    continues: bool = False
    # The prompt contains text of strangers.
    has_untrusted: bool = False

    @property
    def call_timeout_seconds(self) -> float:
        """The time limit of the call, which is that of the run: a run makes one call."""
        return self.run_timeout_seconds

    def compose(self, client: llm.ModelClient, *, tool_tokens: int = 0) -> prompt.Prompt:
        """Raises prompt.ContextTooLong. `tool_tokens` are those of the definitions that are sent with it.

        With tools a part of the window is left free for what they bring: what is cut for it can be read by tools.
        """
        whole = self.room(client)
        room = replace(whole, context=max(whole.context - tool_tokens, 0))
        if not self.tools:
            return self._compose(client, room)
        try:
            return self._compose(client, replace(room, context=room.context - whole.context // SHARE_FOR_RESULTS))
        except prompt.ContextTooLong:
            return self._compose(client, room)

    def _compose(self, client: llm.ModelClient, room: llm.Window) -> prompt.Prompt:
        names = {one.name for one in self.tools}
        return self.parts.compose(
            room,
            lambda messages: client.count(self.endpoint, messages),
            reading=prompt.Reading(skills="read_skill" in names, files="read_skill_file" in names),
        )

    def room(self, client: llm.ModelClient) -> llm.Window:
        """The model's window with the agent's limit of output."""
        window = client.window(self.endpoint)
        return llm.Window(context=window.context, max_output=min(self.max_tokens, window.max_output))

    def price(self, client: llm.ModelClient) -> tuple[Decimal, Decimal]:
        """USD per million input and output tokens, for budgets: the worst case, and never zero if unknown."""
        price = client.price(self.endpoint)
        if price is None:
            return self.unknown_price, self.unknown_price
        # With tools the prompt is put into the provider's cache, which costs more than other input.
        per_input = price.dearest_input_per_million if self.tools else price.input_per_million
        return per_input, price.output_per_million

    def outcome(self, client: llm.ModelClient, completion: llm.Completion) -> Outcome:
        answer = prompt.read_answer(completion.text) if self.mention else prompt.Answer("", None)
        return replace(self.spent(client, completion), comment=answer.comment, result=answer.result)

    def spent(self, client: llm.ModelClient, completion: llm.Completion) -> Outcome:
        """The outcome of the call without parsing the answer; also for a failed call."""
        per_input, per_output = self.price(client)
        counted = (per_input * completion.input_tokens + per_output * completion.output_tokens) / MILLION
        return Outcome(
            text=completion.text,
            input_tokens=completion.input_tokens,
            output_tokens=completion.output_tokens,
            cost_usd=completion.cost_usd,
            counted_usd=counted if completion.cost_usd is None else completion.cost_usd,
            model=completion.model,
            thoughts=completion.thoughts,
            truncated=completion.finish_reason == "length",
            estimated=completion.estimated,
        )

    def estimate(self, client: llm.ModelClient, tokens: int, text: str) -> Outcome:
        """Estimated usage of an interrupted call: the `tokens` that were sent, and the text received."""
        output = client.count(self.endpoint, [llm.Message("assistant", text)]) if text else 0
        per_input, per_output = self.price(client)
        cost = (per_input * tokens + per_output * output) / MILLION
        known = client.price(self.endpoint) is not None
        return Outcome(
            text=text,
            input_tokens=tokens,
            output_tokens=output,
            cost_usd=cost if known else None,
            counted_usd=cost,
            model=self.model_name,
            estimated=True,
        )


def gather(claim: Claim) -> Work | None:
    """Read what the run needs. None when there is no usable model."""
    return work_for(claim.task_id, claim.agent_id, claim.run_id)


def work_for(task_id: int, agent_id: int, run_id: int | None = None) -> Work | None:
    """As `gather`, for the preview of a run that does not exist yet."""
    run_context = context.read(task_id, agent_id, run_id)
    model, agent, organization, run = run_context.model, run_context.agent, run_context.organization, run_context.run
    if model is None:
        return None
    granted = tuple(tools.granted(agent_id, run_context.task)) if model.supports_tools else ()
    return Work(
        endpoint=models.endpoint_of(model),
        ai_model_id=model.id,
        model_name=f"{model.provider}/{model.model_name}",
        cooldown_key=model.cooldown_key,
        max_tokens=min(agent.max_output_tokens, model.max_output_tokens or agent.max_output_tokens),
        run_timeout_seconds=float(organization.run_timeout_seconds),
        stream_idle_seconds=float(organization.stream_idle_seconds),
        unknown_price=organization.unknown_price_per_million_usd,
        mention=run is not None and run.trigger == Trigger.MENTION,
        parts=parts_of(run_context),
        tools=granted,
        continues=run is not None and run.conversation_id is not None,
        has_untrusted=bool(granted) and _has_untrusted(run_context.task),
    )


def _has_untrusted(task: Task) -> bool:
    """Whether the task, or a related one, has files of people, who may have got them from anywhere.

    What an agent wrote that had read text of strangers counts as theirs, see `tools.is_tainted`.
    """
    if task.attachment_count and attachments.has_files_of_people(task.id):
        return True
    if task.workflow_run_id is not None and workflow_steps.is_run_tainted(task.workflow_run_id):
        return True
    if bool(task.attachment_count or task.comment_count or task.result) and tools.is_tainted(task.id):
        return True
    return any(attachments.has_files_of_people(one) or tools.is_tainted(one) for one in links.related(task.id))
