"""calculate: Python code without files and network."""

from helix import calculation
from helix.services.tools.context import ToolContext, ToolFailed, ToolResult

NOTHING = "The code ran, printed nothing, and its last line has no value. End it with an expression, or print."


def calculate(_context: ToolContext, code: str) -> ToolResult:
    """What was printed, then the value. Repeatable: the code reaches nothing outside of itself."""
    outcome = calculation.evaluate(code)
    printed = f"Printed:\n{outcome.printed.rstrip()}" if outcome.printed.strip() else ""
    value = f"Value: {outcome.value}" if outcome.value else ""
    if outcome.error:
        raise ToolFailed("\n\n".join(filter(None, (printed, outcome.error))))
    return ToolResult("\n\n".join(filter(None, (printed, value))) or NOTHING)
