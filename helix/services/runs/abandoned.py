"""What a call has cost whose end nobody saw: its worker died under it."""

import math
from decimal import Decimal

from sqlalchemy import select

from helix import live
from helix.extensions import db
from helix.models import Run, RunStep
from helix.models.vocabulary import StepKind
from helix.services import budgets

# Fewer than any language has, so that what was heard is rather counted too high.
LETTERS_PER_TOKEN = 3


def settle(run: Run) -> None:
    """Count what is known, and free the rest of the reservation: the prompt was sent, and so much was heard.

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
