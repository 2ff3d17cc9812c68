"""static/dist is what `make bundle` makes of static/js, static/css and the npm packages of today."""

import os
import subprocess
from pathlib import Path

DIST = Path(__file__).resolve().parents[2] / "static/dist"


def test_committed_bundle_is_what_its_sources_give(node_modules, root, tmp_path):
    environment = {
        **os.environ,
        "PATH": f"{node_modules / '.bin'}:{os.environ['PATH']}",
        "NODE_PATH": str(node_modules),  # where esbuild looks for packages when the working copy has none
    }

    build = ["npm", "run", "--silent", "bundle", "--", f"--outdir={tmp_path}"]
    done = subprocess.run(build, cwd=root, env=environment, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
    committed = {path.name: path.read_bytes() for path in DIST.iterdir()}
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    stale = sorted(name for name in committed.keys() | built.keys() if committed.get(name) != built.get(name))
    assert stale == [], "run `make bundle` and commit static/dist"
