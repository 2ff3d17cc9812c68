"""The software bill of materials lists exactly what is installed and shipped."""

import json
import re
import subprocess
import sys

from tests.supervisor.installation import ROOT


def test_it_names_every_pinned_package_with_its_version_and_hashes(tmp_path):
    target = tmp_path / "sbom.json"
    lock = (ROOT / "requirements.txt").read_text()
    pinned = {tuple(found) for found in re.findall(r"^([a-z0-9.\[\]_-]+)==([^ ;\\]+)", lock, re.MULTILINE)}
    shipped = {path.name for path in (ROOT / "static/vendor").iterdir() if path.is_dir()}

    subprocess.run([sys.executable, "scripts/sbom.py", str(target)], cwd=ROOT, check=True)

    bom = json.loads(target.read_text())
    named = [part for part in bom["components"] if part["purl"].startswith("pkg:pypi/")]
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    assert {(part["name"], part["version"]) for part in named} == {(name.partition("[")[0], v) for name, v in pinned}
    assert all(any(one["name"] == "helix:sha256" for one in part["properties"]) for part in named)
    front_end = {part["name"]: part for part in bom["components"] if part["purl"].startswith("pkg:npm/")}
    assert shipped <= front_end.keys()
    assert all(part["hashes"] for part in front_end.values())
