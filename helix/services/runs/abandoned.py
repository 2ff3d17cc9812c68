"""The cost of a call whose worker died before it ended."""

import math
from decimal import Decimal

from sqlalchemy import select

from helix import live
from helix.extensions import db
from helix.models import Run, RunStep
from helix.models.vocabulary import StepKind
from helix.services import budgets

# Fewer characters per token than in any language, so that the estimate is rather too high.
LETTERS_PER_TOKEN = 3


def settle(run: Run) -> None:
    """Book the prompt and the text received so far, and release the rest of the reservation.

    A provider stops when its caller is gone, so the worst case is not what it costs. It counts only where nothing
    says how far the call had come.
    """
    if run.reserved_usd > 0:
        budgets.settle(run, min(run.reserved_usd, _known(run)))


def _known(run: Run) -> Decimal:
    prompt = select(RunStep.details).where(RunStep.run_id == run.id, RunStep.kind == StepKind.PROMPT)
    details = db.session.scalar(prompt.order_by(RunStep.number.desc()).limit(1)) or {}
    heard = live.text_so_far(run.id)
    if heard is None or "input_usd" not in details:
        return run.reserved_usd
    input_usd = Decimal(details["input_usd"])
    per_token = (run.reserved_usd - input_usd) / details["max_tokens"]
    return input_usd + per_token * math.ceil(len(heard) / LETTERS_PER_TOKEN)
