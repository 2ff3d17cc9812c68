"""The alert rules and docs/operations.md use metrics that exist."""

import re

import yaml
from prometheus_client.parser import text_string_to_metric_families

from helix.metrics import exposition, http
from helix.models import Run
from helix.models.vocabulary import FailureReason, RunStatus
from helix.services import monitoring
from tests.supervisor.installation import ROOT

FOLDER = ROOT / "deploy" / "prometheus"


def rules():
    (group,) = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return group["rules"]


def test_every_figure_in_a_rule_is_shown_with_these_labels(clean_app):
    http.observe_request("/", "GET", 200, 0.1)
    shown = text_string_to_metric_families(exposition.render(monitoring.all_figures()).decode())
    # What has no value yet shows no labels: those stand in the code.
    labels = {"helix_runs_ended_last_hour": {"status", "reason"}, "helix_budget_month_usd": set()}
    for family in shown:
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)

    for rule in rules():
        for name, selector in re.findall(r"(helix_\w+)(?:\{([^}]*)\})?", rule["expr"]):
            assert name in labels, f"{rule['alert']}: there is no {name}"
            assert set(re.findall(r"(\w+)[=!]", selector)) <= labels[name], rule["alert"]


def test_reasons_in_a_rule_are_reasons_of_runs():
    known = {*FailureReason, *RunStatus}

    for rule in rules():
        for words in re.findall(r"(?:reason|status)=~?\"([a-z_|]+)\"", rule["expr"]):
            assert set(words.split("|")) <= known, rule["alert"]
    assert Run.reason.type.vocabulary is FailureReason


def test_every_rule_says_what_to_do_and_is_explained():
    page = (ROOT / "docs" / "operations.md").read_text()

    for rule in rules():
        assert rule["annotations"]["action"]
        for name in re.findall(r"helix_\w+?(?=_bucket|_count|\b)", rule["expr"]):
            assert f"`{name}" in page, f"docs/operations.md does not document {name}"


def test_the_sample_scrape_is_one_of_our_address():
    (job,) = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]

    assert job["metrics_path"] == "/metrics"
