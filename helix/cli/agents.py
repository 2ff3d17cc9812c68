"""Import of agents from files."""

from pathlib import Path

import click

from helix.cli.application import installation

WORDS = {"create": "new", "rename": "new", "update": "updated", "skip": "skipped", "refused": "refused"}


@click.command("import-agents")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--department", help="Department for all of them, created if missing. Default: the names of their folders."
)
@click.option("--create-departments", is_flag=True, help="Create missing departments named like the folders.")
@click.option("--on-conflict", type=click.Choice(["skip", "rename", "update"]), default="skip", show_default=True)
@click.option("--readable-names", is_flag=True, help="seo-specialist becomes Seo Specialist.")
@click.option("--dry-run", is_flag=True, help="Show what would happen without saving anything.")
def import_agents(
    path: Path, department: str | None, create_departments: bool, on_conflict: str, readable_names: bool, dry_run: bool
) -> None:
    """Import agents from PATH: a markdown file, a .zip, or a folder of them. Exit code 1 if one was refused."""
    with installation("import-agents"):
        from helix.policies.actor import SYSTEM
        from helix.services import agent_import

        choices = agent_import.ImportOptions(
            on_conflict=agent_import.OnConflict(on_conflict),
            department_name=department or "",
            create_departments=create_departments,
            readable_names=readable_names,
            dry_run=dry_run,
        )
        try:
            report = agent_import.import_agents(SYSTEM, agent_import.uploads_from_path(path), choices)
        except OSError as error:
            raise click.ClickException(f"{path} cannot be read: {error}") from error
    for line in report["agents"]:
        name = line["name"] or line["source"]
        place = f" in {line['department']}" if line["department"] else ""
        print(f"{WORDS[line['action']]:8} {name}{place}" + (f": {line['problem']}" if line["problem"] else ""))
        for note in line["notes"]:
            print(f"         {note}")
    for note in report["notes"]:
        print(note)
    actions = [line["action"] for line in report["agents"]]
    saved = "would be imported" if dry_run else "were imported"
    done, refused = sum(actions.count(word) for word in ("create", "rename", "update")), actions.count("refused")
    print(f"{done} of {len(actions)} agents {saved}, {actions.count('skip')} skipped, {refused} refused.")
    if refused:
        raise SystemExit(1)


COMMANDS = (import_agents,)
