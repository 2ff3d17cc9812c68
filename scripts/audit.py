"""pip-audit over the lock: fails on a known vulnerability; where its data is out of reach it says so and passes."""

import json
import re
import subprocess
import sys

OUT_OF_REACH = re.compile(
    r"ConnectionError|Could not connect|Max retries exceeded|NameResolutionError|[Tt]imed out|ServiceError|ProxyError"
    r"|SSLError|(403|429|5\d\d) (Client|Server) Error"
)


def main() -> int:
    command = [sys.executable, "-m", "pip_audit", "-r", "requirements.txt", "--disable-pip", "--format", "json"]
    outcome = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        found = json.loads(outcome.stdout)["dependencies"]
    except (ValueError, KeyError):
        return _without_answer(outcome.stderr)
    skipped = [package for package in found if "skip_reason" in package]
    vulnerable = [package for package in found if package.get("vulns")]
    for package in vulnerable:
        for hole in package["vulns"]:
            fixed = ", ".join(hole["fix_versions"]) or "no version yet"
            print(f"{package['name']} {package['version']}: {hole['id']}, fixed in {fixed}")
    checked = len(found) - len(skipped)
    print(f"pip-audit: {checked} packages checked, {len(vulnerable)} with a known vulnerability.")
    if skipped:
        names = ", ".join(package["name"] for package in skipped[:5]) + (", ..." if len(skipped) > 5 else "")
        print(f"pip-audit: NOT CHECKED, because its data was out of reach: {len(skipped)} ({names})")
    return 1 if vulnerable else 0


def _without_answer(stderr: str) -> int:
    if OUT_OF_REACH.search(stderr):
        print(stderr.strip().splitlines()[-1])
        print("pip-audit: the vulnerability data cannot be reached from here. NOT CHECKED.")
        return 0
    print(stderr.strip()[-4000:])
    print("pip-audit failed, and not for want of a connection: see above.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
