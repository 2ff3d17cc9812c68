from tests.support import commands

DEFINITION = "---\nname: {name}\ndescription: Reviews.\ntools: Read\n---\nYou review.\n"


def helix(folder, *arguments, **environ):
    return commands.helix({"DATA_DIR": str(folder), **environ}, *arguments)


def test_agents_are_imported_from_a_folder_once_into_a_department(tmp_path):
    data, folder = tmp_path / "data", tmp_path / "agents"
    (folder / "engineering").mkdir(parents=True)
    (folder / "README.md").write_text("# About")
    (folder / "engineering" / "a.md").write_text(DEFINITION.format(name="reviewer"))
    helix(data, "migrate")

    dry = helix(data, "import-agents", str(folder), "--department", "Lab", "--dry-run", LOG_LEVEL="error")
    first = helix(data, "import-agents", str(folder), "--department", "Lab", LOG_LEVEL="error")
    again = helix(data, "import-agents", str(folder / "engineering" / "a.md"), LOG_LEVEL="error")

    assert (dry.returncode, dry.stdout.splitlines()[-1]) == (
        0,
        "1 of 1 agents would be imported, 0 skipped, 0 refused.",
    )
    assert first.stdout.splitlines() == [
        "new      reviewer in Lab",
        "1 of 1 agents were imported, 0 skipped, 0 refused.",
    ]
    assert again.stdout.splitlines()[-1] == "0 of 1 agents were imported, 1 skipped, 0 refused."


def test_one_that_is_refused_ends_the_command_with_one(tmp_path):
    data, broken = tmp_path / "data", tmp_path / "broken.md"
    broken.write_text("---\nname: x\n---\n")
    helix(data, "migrate")

    outcome = helix(data, "import-agents", str(broken), LOG_LEVEL="error")
    missing = helix(data, "import-agents", str(tmp_path / "none.md"))

    assert (outcome.returncode, "no text below its front matter" in outcome.stdout) == (1, True)
    assert (missing.returncode, "does not exist" in missing.stderr) == (2, True)
