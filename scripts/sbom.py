"""A software bill of materials (CycloneDX 1.6, JSON) out of the locks: what an installation is made of, with hashes.

`python scripts/sbom.py [file]`; without a file to the standard output. Nothing is looked up anywhere: names, versions
and hashes are those of requirements.txt and package-lock.json, licences those of the packages that are installed here.
"""

import base64
import json
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import OutputFormat, make_outputter
from cyclonedx.schema import SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LICENSES = LicenseFactory()


def main(target: str | None = None) -> int:
    components = [*python_packages(), *front_end_packages()]
    bom = Bom(components=components)
    bom.metadata.component = Component(name="helix-mission-control", version=_version(), type=ComponentType.APPLICATION)
    bom.register_dependency(bom.metadata.component, components)
    written = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)
    if target is None:
        print(written)
    else:
        Path(target).write_text(written + "\n", encoding="utf-8")
        print(f"{target}: {len(components)} components.")
    return 0


def python_packages() -> Iterator[Component]:
    """What requirements.txt pins."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", lock, flags=re.MULTILINE)):
        if "==" not in entry:
            continue
        wanted = Requirement(entry.split(" \\")[0].strip())
        version = next(iter(wanted.specifier)).version
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)
        yield Component(
            name=wanted.name,
            version=version,
            purl=PackageURL("pypi", name=wanted.name, version=version),
            bom_ref=f"pypi:{wanted.name}@{version}",
            licenses=_licenses(_installed_license(wanted.name)),
            # Of each file that may be installed, one for every platform.
            properties=[Property(name="helix:sha256", value=digest) for digest in hashes]
            + ([Property(name="helix:only-where", value=str(wanted.marker))] if wanted.marker else []),
        )


def front_end_packages() -> Iterator[Component]:
    """What package-lock.json pins and static/vendor/ holds copies of."""
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    for path, entry in lock["packages"].items():
        name = path.partition("node_modules/")[2]
        # Development tools are in the lock and on no page.
        if not name or entry.get("dev"):
            continue
        group, _, short = name.rpartition("/")
        yield Component(
            name=short,
            group=group or None,
            version=entry["version"],
            purl=PackageURL("npm", namespace=group or None, name=short, version=entry["version"]),
            bom_ref=f"npm:{name}@{entry['version']}",
            licenses=_licenses(entry.get("license", "")),
            hashes=_integrity(entry),
        )


def _integrity(entry: dict[str, Any]) -> list[HashType]:
    kind, _, digest = entry.get("integrity", "").partition("-")
    return [HashType(alg=HashAlgorithm.SHA_512, content=base64.b64decode(digest).hex())] if kind == "sha512" else []


def _installed_license(name: str) -> str:
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    classified = [
        line.rpartition(" :: ")[2] for line in about.get_all("Classifier", []) if line.startswith("License ::")
    ]
    stated = about.get("License-Expression") or (classified[0] if classified else about.get("License") or "")
    return stated if len(stated) < 100 else ""


def _licenses(text: str) -> list[Any]:
    return [LICENSES.make_from_string(text)] if text else []


def _version() -> str:
    found = re.search(
        r'^__version__ = "(.+)"', (ROOT / "helix" / "__init__.py").read_text(encoding="utf-8"), re.MULTILINE
    )
    return found[1] if found else "0"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
