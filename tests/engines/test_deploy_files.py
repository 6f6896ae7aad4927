"""What operators copy is looked at by the tools that read it: systemd, Caddy, Docker's linters."""

import re
import shutil
import subprocess

import pytest
import yaml

from tests.chaos.desk import ROOT
from tests.engines.test_processes_agree import PARTS, UNITS, unit

LINTERS = ROOT / "theme/static_src/node_modules/.bin"
INTENDED = ("no-build-and-image", "no-unbound-port-interfaces")
"""The image has a name; the proxy is for everybody."""
EXPOSED = 20
"""Tenths: the most that `systemd-analyze security` may say of a unit, of 100."""


def run(*command, **env):
    return subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", **env}, capture_output=True, text=True, check=False
    )


def installed(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")


@pytest.fixture
def units(tmp_path):
    """The units as for code that is here, since systemd asks whether the programs exist."""
    for path in UNITS.iterdir():
        text = path.read_text().replace("/opt/helpdesk", str(ROOT))
        (tmp_path / path.name).write_text(text)
    return [str(path) for path in tmp_path.iterdir()]


@installed("systemd-analyze")
def test_systemd_has_nothing_to_say_of_the_units(units):
    done = run("systemd-analyze", "verify", *units)
    assert done.returncode == 0, done.stderr
    assert "tmp" not in done.stderr, done.stderr
    services = [path for path in units if path.endswith(".service")]
    assert len(services) == len(PARTS) + 1, "and the embedded DynamoDB"
    words = ("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSED}")
    for path in services:
        done = run(*words, path)
        assert done.returncode == 0, done.stdout[-300:]


@installed("systemd-analyze")
def test_systemd_sees_an_option_that_does_not_exist(units, tmp_path):
    web = tmp_path / "helpdesk-web.service"
    web.write_text(web.read_text().replace("PrivateTmp", "PrivateTemp"))
    assert "PrivateTemp" in run("systemd-analyze", "verify", *units).stderr


def test_every_unit_is_bound_as_the_others_are():
    own = ("ExecStart", "Type", "Environment", "EnvironmentFile")
    bounds = [
        {name: value for name, value in unit(path)["Service"].items() if name not in own}
        for path in UNITS.glob("*.service")
    ]
    assert len(bounds) == len(PARTS) + 1
    assert all(one == bounds[0] for one in bounds)
    listens = re.search(r"ListenStream=(.*)", (UNITS / "helpdesk-web.socket").read_text())
    assert f"proxy_pass http://{listens[1]};" in (ROOT / "docs/deploy.md").read_text()


@installed("caddy")
def test_caddy_accepts_its_file(tmp_path):
    file = ROOT / "deploy/Caddyfile"
    words = ("--adapter", "caddyfile", "--config")
    env = {"HELPDESK_HOST": "desk.example", "HOME": str(tmp_path)}
    done = run("caddy", "validate", *words, str(file), **env)
    assert done.returncode == 0, done.stderr
    wrong = tmp_path / "Caddyfile"
    wrong.write_text(file.read_text().replace("max_size", "most"))
    assert run("caddy", "validate", *words, str(wrong), **env).returncode != 0


def test_the_proxy_reaches_the_web_process_alone_and_no_container_gains_rights():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    networks = {name: one.get("networks", []) for name, one in services.items()}
    own = {"folders": [], "web": ["front", "back"], "caddy": ["front"]}
    assert networks == {name: ["back"] for name in services} | own
    assert services["folders"]["network_mode"] == "none"
    assert all(one["security_opt"] == ["no-new-privileges:true"] for one in services.values())


def test_dockerfile_and_compose_file_are_well_formed(tmp_path):
    """By Docker's own language server, and by the schema of compose and rules of its linter."""
    node = shutil.which("node", path=f"{ROOT}/.venv/bin:/usr/local/bin:/usr/bin")
    docker = (node, str(LINTERS / "dockerfile-utils"), "lint")
    rules = ("--quiet", "--disable-rule", *INTENDED)
    done = run(*docker, str(ROOT / "Dockerfile"))
    assert done.returncode == 0, done.stdout
    done = run(node, str(LINTERS / "dclint"), str(ROOT / "compose.yaml"), *rules)
    assert done.returncode == 0, done.stdout

    wrong = tmp_path / "Dockerfile"
    wrong.write_text((ROOT / "Dockerfile").read_text().replace("EXPOSE", "EXPOSES"))
    assert run(*docker, str(wrong)).returncode != 0
    wrong = tmp_path / "compose.yaml"
    wrong.write_text((ROOT / "compose.yaml").read_text().replace("read_only:", "readonly:"))
    assert run(node, str(LINTERS / "dclint"), str(wrong), *rules).returncode != 0
