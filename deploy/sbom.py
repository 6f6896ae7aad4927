"""make sbom: the bill of materials of this release, in CycloneDX's JSON.

It is read from the locks, and from them alone: requirements.txt (what runs) and the package-locks
(the embedded DynamoDB; what builds the stylesheet or tests pages, which is not shipped: its scope
is "excluded"). Each component has its version, licence, and the hashes with which it is installed.
"""

import base64
import json
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pip_requirements_parser import RequirementsFile

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {
    "helpdesk/engines": ComponentScope.REQUIRED,
    "theme/static_src": ComponentScope.EXCLUDED,
}
"""Folders with a package-lock, and whether what it names is a part of what runs."""
LONGEST_LICENCE = 80
"""Characters: what is longer is a licence's text instead of its name."""

_licences = LicenseFactory()


def bill() -> Bom:
    """Return the bill of materials. Reads files, and of installed packages their licences."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bom = Bom()
    bom.metadata.component = Component(
        name=project["name"],
        version=project["version"],
        type=ComponentType.APPLICATION,
        bom_ref=project["name"],
        licenses=[_licences.make_from_string(project["license"])],
    )
    known = {str(part.purl): part for part in (*of_pypi(), *of_npm())}
    for part in known.values():
        bom.components.add(part)
    used: set[str] = set()
    for purl, needs in (*needs_of_pypi(known), *needs_of_npm(known)):
        bom.register_dependency(known[purl], [known[need] for need in needs])
        used |= set(needs)
    roots = [part for purl, part in known.items() if purl not in used]
    bom.register_dependency(bom.metadata.component, roots)
    return bom


def of_pypi() -> Iterator[Component]:
    for line in RequirementsFile.from_file(str(ROOT / "requirements.txt")).requirements:
        name = canonicalize_name(line.name)
        yield Component(
            name=name,
            version=line.get_pinned_version,
            purl=PackageURL("pypi", None, name, line.get_pinned_version),
            bom_ref=str(PackageURL("pypi", None, name, line.get_pinned_version)),
            licenses=_named(_licence_of(name)),
            hashes=[
                HashType(alg=HashAlgorithm.SHA_256, content=one.partition(":")[2])
                for one in line.hash_options
            ],
            scope=ComponentScope.REQUIRED,
        )


def of_npm() -> Iterator[Component]:
    for folder, scope in LOCKS.items():
        for path, one in _locked(folder).items():
            algorithm, _, value = one["integrity"].partition("-")
            if algorithm != "sha512":
                raise ValueError(f"{folder}: {path} has no sha512")
            purl = _npm(path, one["version"])
            yield Component(
                name=_name(path),
                version=one["version"],
                purl=purl,
                bom_ref=str(purl),
                licenses=_named(one.get("license", "")),
                hashes=[HashType(alg=HashAlgorithm.SHA_512, content=base64.b64decode(value).hex())],
                scope=scope,
            )


def needs_of_pypi(known: dict[str, Component]) -> Iterator[tuple[str, list[str]]]:
    """Yield each installed package of the lock, and those of the lock that it needs here."""
    purls = {part.name: purl for purl, part in known.items() if purl.startswith("pkg:pypi/")}
    for name, purl in purls.items():
        try:
            wanted = [Requirement(text) for text in metadata.requires(name) or ()]
        except metadata.PackageNotFoundError:  # of another platform
            continue
        names = {
            canonicalize_name(one.name)
            for one in wanted
            if one.marker is None or one.marker.evaluate({"extra": ""})
        }
        yield purl, sorted(purls[one] for one in names & purls.keys())


def needs_of_npm(known: dict[str, Component]) -> Iterator[tuple[str, list[str]]]:
    for folder in LOCKS:
        locked = _locked(folder)
        for path, one in locked.items():
            needs = one.get("dependencies", {}) | one.get("optionalDependencies", {})
            found = [place for name in needs if (place := _found(name, path, locked))]
            yield (
                str(_npm(path, one["version"])),
                sorted({str(_npm(place, locked[place]["version"])) for place in found}),
            )


def _locked(folder: str) -> dict[str, Any]:
    packages: dict[str, Any] = json.loads((ROOT / folder / "package-lock.json").read_text())[
        "packages"
    ]
    return {path: one for path, one in packages.items() if path}


def _found(name: str, path: str, locked: dict[str, Any]) -> str | None:
    """Return where npm finds a package that the one at `path` needs: the nearest folder above."""
    while True:
        place = f"{path}/node_modules/{name}" if path else f"node_modules/{name}"
        if place in locked:
            return place
        if not path:
            return None
        path = path.rpartition("node_modules/")[0].rstrip("/")


def _name(path: str) -> str:
    return path.rpartition("node_modules/")[2]


def _npm(path: str, version: str) -> PackageURL:
    scope, _, name = _name(path).rpartition("/")
    return PackageURL("npm", scope or None, name, version)


def _licence_of(name: str) -> str:
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    named = about.get("License-Expression") or about.get("License")
    classified = [
        line.rpartition(" :: ")[2]
        for line in about.get_all("Classifier") or ()
        if line.startswith("License ::")
    ]
    return str(named or " and ".join(classified))


def _named(licence: str) -> list[Any]:
    short = licence and len(licence) <= LONGEST_LICENCE and "\n" not in licence
    return [_licences.make_from_string(licence)] if short else []


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(JsonV1Dot6(bill()).output_as_string(indent=1) + "\n")
    sys.stdout.write(f"written: {sys.argv[1]}\n")
