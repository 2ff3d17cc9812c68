"""Removal of the sample organization."""

import click

from helix.cli.application import installation


@click.command("remove-sample")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_sample(yes: bool) -> None:
    """Remove the sample organization, but for what people have made their own. Safe to repeat."""
    with installation("remove-sample"):
        from helix.policies.actor import SYSTEM
        from helix.services import sample_data

        counts = sample_data.counts(SYSTEM)
        if not counts:
            print("There is no sample data.")
            return
        if not yes:
            click.confirm(f"Remove {_listed(counts)} of the sample?", abort=True)
        print("Removing the sample data.")
        outcome = sample_data.remove(SYSTEM)
    print(f"Removed {_listed(outcome.removed)}.")
    for kind, names in outcome.kept.items():
        for name in names:
            print(f"Kept the {kind} “{name}”: people have added to it, or something of theirs needs it.")


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {_plural(kind, count)}" for kind, count in counts.items())


def _plural(kind: str, count: int) -> str:
    return {"user": "person" if count == 1 else "people"}.get(kind, kind if count == 1 else f"{kind}s")


COMMANDS = (remove_sample,)
