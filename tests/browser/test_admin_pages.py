"""Agents, skills, models and the team as an admin uses them, against real processes."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

MIA = {"email": "mia.moss@example.com"}


def test_an_agent_is_made_written_watched_by_others_and_deleted(open_page):
    page = open_page("/agents")
    other = open_page("/agents", who=MIA)
    page.get_by_role("link", name="New agent").first.click()
    dialog = page.get_by_role("dialog", name="New agent")
    dialog.get_by_label("Name", exact=True).fill("Sierra")
    dialog.get_by_text("Advanced").click()
    dialog.get_by_label("Monthly budget").fill("lots")
    dialog.get_by_role("button", name="Create agent").click()
    expect(dialog.get_by_text("Enter an amount in dollars")).to_be_visible()
    expect(dialog.get_by_label("Monthly budget")).to_have_value("lots")

    dialog.get_by_label("Name", exact=True).fill("Perla")
    dialog.get_by_label("Monthly budget").fill("12")
    dialog.get_by_role("button", name="Create agent").click()

    page.wait_for_url("**/agents/*?tab=prompt")
    expect(other.locator(".agent-card", has_text="Perla")).to_be_visible(timeout=5_000)
    page.get_by_label("Instructions").fill("You are {{agent_name}}.")
    page.get_by_label("Instructions").press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("Saved")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#agent-head").get_by_role("button", name="Enable")).to_be_visible()
    expect(other.locator(".agent-card", has_text="Perla")).to_contain_text("Paused", timeout=5_000)
    page.get_by_role("link", name="Delete Perla").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete Perla").click()
    page.wait_for_url("**/agents")
    expect(other.locator(".agent-card", has_text="Perla")).to_have_count(0, timeout=5_000)


def test_the_prompt_of_a_run_is_shown_before_it_starts(open_page):
    page = open_page("/agents")
    page.locator(".agent-card", has_text=re.compile(r"[1-9]\d* open task")).first.locator("a").first.click()
    page.get_by_role("link", name="Instructions").click()

    page.get_by_role("button", name="Preview").click()

    preview = page.locator("#prompt-preview")
    expect(preview).to_contain_text("tokens", timeout=25_000)
    expect(preview.locator("pre").first).not_to_be_empty()


def test_a_skill_is_written_with_a_live_preview_filed_and_brought_back(open_page, tmp_path: Path):
    page = open_page("/skills/new")
    page.get_by_label("Name").fill("Percale facts")
    page.get_by_label("Text", exact=True).press_sequentially("**Crisp** and cool")
    expect(page.locator("#skill-preview strong")).to_have_text("Crisp")
    page.get_by_role("button", name="Create skill").click()
    page.wait_for_url(re.compile(r"/skills/\d+$"))
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Text", exact=True).fill("**Crisp**, cool and matt")
    page.get_by_label("Text", exact=True).press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("Saved as 1.0.1.")
    expect(page.locator("#skill-head")).to_contain_text("1.0.1")

    note = tmp_path / "weaves.txt"
    note.write_text("One over, one under.")
    page.locator('form[data-upload] input[type="file"]').set_input_files(note)
    expect(page.locator("#skill-files")).to_contain_text("weaves.txt")

    page.get_by_role("link", name="Versions").click()
    expect(page.locator(".diff-add")).to_contain_text("matt")
    page.get_by_role("navigation", name="Versions").get_by_text("1.0.0").click()
    page.get_by_role("button", name="Restore", exact=True).click()
    page.get_by_role("button", name="Yes, go on").click()
    page.wait_for_url(re.compile(r"/skills/\d+$"))
    expect(page.get_by_text("Crisp and cool")).to_be_visible()


def test_an_imported_skill_is_looked_at_before_and_activated_after(open_page, tmp_path: Path):
    page = open_page("/skills")
    file = tmp_path / "tone.md"
    file.write_text("---\nname: Tone of voice\ndescription: How we sound\n---\nWrite plainly.")
    page.get_by_role("link", name="Import").first.click()
    dialog = page.get_by_role("dialog", name="Import a skill")
    dialog.locator('input[type="file"]').set_input_files(file)
    expect(dialog.locator("#import-preview")).to_contain_text("How we sound")

    dialog.get_by_role("button", name="Import").click()

    page.wait_for_url(re.compile(r"/skills/\d+$"))
    expect(page.locator("#skill-head")).to_contain_text("Review it, then activate it")
    page.get_by_role("button", name="Activate").click()
    expect(page.locator("#skill-head")).not_to_contain_text("Review it, then activate it")


def test_a_model_is_added_tested_and_deleted(open_page):
    page = open_page("/models")
    page.get_by_role("link", name="Add model").first.click()
    dialog = page.get_by_role("dialog", name="Add model")
    dialog.get_by_label("Provider").select_option("custom")
    expect(dialog.get_by_text("Custom (OpenAI-compatible) needs it.")).to_be_visible()
    dialog.get_by_label("Provider").select_option("demo")
    dialog.get_by_label("Model", exact=True).fill("demo")
    dialog.get_by_label("Name shown here").fill("Spare demo")
    dialog.get_by_role("button", name="Add without a test").click()
    row = page.get_by_role("article", name="Spare demo")
    expect(row).to_contain_text("Not tested yet")

    row.get_by_role("button", name="Test").click()

    expect(row).to_contain_text(" ms", timeout=25_000)
    expect(row.locator(".ok-text")).to_be_visible()
    row.get_by_role("button", name="More for Spare demo").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog", name="Delete Spare demo").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def _invite(page: Page, name: str) -> str:
    page.get_by_role("link", name="Invite").first.click()
    dialog = page.get_by_role("dialog", name="Invite someone")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("E-mail").fill(f"{name.split()[0].lower()}@example.com")
    dialog.get_by_role("button", name="Invite").click()
    return page.locator("#one-time-link").inner_text()


def test_a_person_is_invited_given_a_level_and_leaves(open_page):
    page = open_page("/team")
    assert "/invitation/" in _invite(page, "Omar Haddad")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    row = page.locator(".person", has_text="Omar Haddad")
    expect(row).to_contain_text("Invited")

    row.get_by_label("Role of Omar Haddad").select_option("admin")
    expect(page.locator(".toast", has_text="is now an admin")).to_be_visible()
    row.get_by_label("Role of Omar Haddad").select_option("member")
    expect(page.locator(".toast", has_text="is now a member")).to_be_visible()

    page.get_by_role("link", name="Board levels").click()
    page.get_by_label("Level of Omar Haddad on Bug Tracker").select_option("manage")
    expect(page.locator(".toast", has_text="Omar Haddad manages Bug Tracker.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Level of Omar Haddad on Bug Tracker")).to_have_value("manage")

    page.get_by_role("link", name="People").click()
    page.get_by_role("button", name="More for Omar Haddad").click()
    page.get_by_role("menuitem", name="Close the account").click()
    page.get_by_role("dialog").get_by_role("button", name="Close the account").click()
    expect(page.locator(".person", has_text="Omar Haddad")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_member_is_told_that_admins_pages_are_closed(open_page):
    page = open_page("/agents", who=MIA)

    for path in ("/models", "/team"):
        answer = page.goto(path)
        assert answer
        assert answer.status == 403
        expect(page.get_by_text("Only admins may open this.")).to_be_visible()
