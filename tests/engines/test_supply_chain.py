"""What is installed has a hash; known holes stop CI; what a release consists of is listed."""

import importlib.util
import json
import re
import sys

import pytest
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.chaos.desk import ROOT

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-node.txt")


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"deploy/{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


audit, sbom = load("audit"), load("sbom")


def locked(name):
    """The packages of a lock with their lines."""
    text = (ROOT / name).read_text()
    return dict(re.findall(r"(?m)^([\w.-]+)(?:\[.*?\])?(==[^\n]*(?:\n .*)*)", text))


def test_every_package_is_installed_by_its_hash_and_none_is_built():
    for name in LOCKS:
        packages = locked(name)
        assert packages
        assert all("--hash=sha256:" in lines for lines in packages.values()), name
    for folder in audit.NPM:
        lock = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
        assert all(one.get("integrity") for path, one in lock.items() if path), folder

    bootstrap = (ROOT / "helpdesk/bootstrap.py").read_text()
    assert bootstrap.count('"install", "--disable-pip') == bootstrap.count("pip + BY_HASH") == 2
    told = [*re.findall(r"(?m)^RUN .*pip install.*$", (ROOT / "Dockerfile").read_text())]
    told += re.findall(r"(?m)^.*pip install .*$", (ROOT / "docs/deploy.md").read_text())
    assert len(told) == 3
    assert all("--require-hashes --only-binary :all:" in line for line in told), told


def test_a_release_says_what_it_consists_of():
    bill = json.loads(JsonV1Dot6(sbom.bill()).output_as_string())
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill))
    assert wrong is None, wrong

    parts = {part["purl"]: part for part in bill["components"]}
    pypi = {purl for purl in parts if purl.startswith("pkg:pypi/")}
    assert len(pypi) == len(locked("requirements.txt"))
    assert all(part["hashes"] for part in parts.values())
    assert sum("licenses" in part for part in parts.values()) >= 0.95 * len(parts)
    scopes = {part["name"]: part["scope"] for part in parts.values()}
    assert scopes["django"] == scopes["@dynoxide/linux-x64"] == "required"
    assert scopes["tailwindcss"] == "excluded"
    needs = {one["ref"]: one.get("dependsOn", ()) for one in bill["dependencies"]}
    celery = next(purl for purl in parts if purl.startswith("pkg:pypi/celery@"))
    assert any(need.startswith("pkg:pypi/kombu@") for need in needs[celery])
    assert celery in needs["helpdesk"]


HOLE = {"id": "PYSEC-1", "fix_versions": ["2.0"]}


@pytest.mark.parametrize(
    ("lines", "is_hole", "told"),
    [
        (audit.of_pip("lock", None), False, "PyPI does not answer"),
        (
            audit.of_pip(
                "lock",
                {"dependencies": [{"name": "a", "skip_reason": "not found"}, {"name": "b"}]},
            ),
            False,
            "lock: 1 of 2 packages audited",
        ),
        (
            audit.of_pip(
                "lock", {"dependencies": [{"name": "a", "version": "1", "vulns": [HOLE]}]}
            ),
            True,
            "a 1: PYSEC-1 (mended: 2.0)",
        ),
        (audit.of_npm("here", None), False, "does not answer"),
        (
            audit.of_npm(
                "here",
                {
                    "vulnerabilities": {"x": {"range": "<2", "severity": "high"}},
                    "metadata": {"dependencies": {"total": 7}},
                },
            ),
            True,
            "x <2: high",
        ),
    ],
)
def test_a_known_hole_fails_and_a_silent_registry_is_named(lines, is_hole, told):
    found = list(lines)
    assert any(hole for hole, _line in found) is is_hole
    assert any(told in line for _hole, line in found), found


CLEAN = {
    "pip-audit": ('{"dependencies": [{"name": "a"}]}', "", 0),
    "npm": ('{"vulnerabilities": {}, "metadata": {"dependencies": {"total": 7}}}', "", 0),
}
HOLE_OF_PIP = json.dumps({"dependencies": [{"name": "a", "version": "1", "vulns": [HOLE]}]})
HOLE_OF_NPM = CLEAN["npm"][0].replace("{}", '{"x": {"range": "<2", "severity": "high"}}')
AWAY = "requests.exceptions.ProxyError: Unable to connect"
NO_LOCK = '{"error": {"code": "ENOLOCK"}}'


@pytest.mark.parametrize(
    ("program", "does", "status", "told"),
    [
        ("npm", CLEAN["npm"], 0, "theme/static_src: 7 packages audited"),
        ("pip-audit", (HOLE_OF_PIP, "", 1), 1, "KNOWN HOLE  requirements-dev.txt: a 1: PYSEC-1"),
        ("npm", (HOLE_OF_NPM, "", 1), 1, "KNOWN HOLE  theme/static_src: x <2: high"),
        ("pip-audit", ("", AWAY, 1), 0, "requirements.txt: not audited, PyPI does not answer"),
        (
            "npm",
            ('{"statusCode": 405}', "npm error audit endpoint returned an error", 1),
            0,
            "helpdesk/engines: not audited, the npm registry does not answer",
        ),
        ("npm", None, 1, "NOT AUDITED  helpdesk/engines: npm did not start"),
        ("npm", (NO_LOCK, "no lockfile", 1), 1, "npm ended with status 1: no lockfile"),
        ("pip-audit", None, 1, "NOT AUDITED  requirements-dev.txt: pip-audit did not start"),
        ("pip-audit", ("", "", 0), 1, "pip-audit ended with status 0: it said nothing"),
    ],
)
def test_an_audit_that_did_not_look_is_no_silent_registry(
    tmp_path, monkeypatch, capsys, program, does, status, told
):
    """Programs are found beside Python, where `make dev` puts npm if the machine has none."""
    monkeypatch.setattr(audit, "BIN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    for name, says in {**CLEAN, program: does}.items():
        if says is not None:
            out, err, code = says
            stub = tmp_path / name
            stub.write_text(f"#!/bin/sh\necho '{out}'\necho '{err}' >&2\nexit {code}\n")
            stub.chmod(0o755)

    assert audit.main() == status
    assert told in capsys.readouterr().out
