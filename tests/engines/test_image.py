"""Dockerfile, compose.yaml and what carries them out without Docker belong together."""

import importlib.util
import re
import subprocess
import sys

import pytest
import yaml

from helpdesk import settings
from tests.chaos.desk import ROOT
from tests.security.test_deploy import PRODUCTION

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SAMPLE = (ROOT / "deploy/helpdesk.env.example").read_text()
OURS = ("setup", "web", "worker", "jobs", "beat", "mailroom")


def load():
    spec = importlib.util.spec_from_file_location("image_check", ROOT / "deploy/image_check.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["image_check"] = module
    spec.loader.exec_module(module)
    return module


image_check = load()


def test_the_check_does_every_run_line_in_the_order_of_the_file(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(image_check.os, "chown", lambda *_: None)
    monkeypatch.setattr(image_check, "_path", lambda stage, top: "")
    monkeypatch.setattr(image_check, "_copy", lambda *_: None)
    monkeypatch.setattr(
        image_check, "as_nobody", lambda words, *_, fix=False: fix or done.append(words[-1])
    )
    image_check.carry_out(image_check.stages(DOCKERFILE), tmp_path, tmp_path)
    assert done == re.findall(r"(?m)^RUN (.*)$", DOCKERFILE)
    assert len(done) >= 6


@pytest.mark.parametrize("line", ["ADD https://x y", "FROM debian", "run apt-get install gcc"])
def test_what_the_check_cannot_carry_out_fails_it(line):
    with pytest.raises(ValueError, match="does not know"):
        image_check.stages(f"{DOCKERFILE}\n{line}\n")


def test_bases_have_tags_and_what_is_served_has_no_rights_and_no_tools():
    bases = re.findall(r"(?m)^ARG (\w+)=(.*)$", DOCKERFILE)
    assert all(
        re.fullmatch(r"[\w/.-]+:[\w.-]*\d[\w.-]*|debian:\w+-slim", base) for _, base in bases
    )
    for stage in image_check.stages(DOCKERFILE)[-2:]:
        instructions = dict(stage.lines)
        assert "RUN" not in instructions
        assert instructions["USER"] == "10001:10001"
    assert "HEALTHCHECK" in instructions


def test_the_images_context_is_what_runs_and_no_secret():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*", "what nobody thought of would be in the image"
    assert not {"!.data", "!.git", "!tests", "!.env"} & set(ignored)


def test_every_queue_has_a_worker_and_every_process_its_place():
    services = COMPOSE["services"]
    assert set(OURS) <= services.keys()
    commands = [services[name]["command"] for name in ("worker", "jobs")]
    served = [queue for one in commands for queue in one[one.index("--queues") + 1].split(",")]
    assert sorted(served) == sorted(settings.QUEUES)
    for name in OURS:
        assert services[name]["read_only"], name
        assert services[name]["cap_drop"] == ["ALL"], name
    assert {name for name, one in services.items() if "ports" in one} == {"caddy"}
    valkey = " ".join(services["valkey"]["command"])
    assert "noeviction" in valkey
    assert "--requirepass" in valkey


def test_the_sample_environment_is_accepted_and_documented(tmp_path):
    values = dict(line.split("=", 1) for line in SAMPLE.splitlines() if line[:1].isupper())
    assert values["SECRET_KEY"] == "", "one that is published is none"
    docs = (ROOT / "docs/deploy.md").read_text() + (ROOT / "compose.yaml").read_text()
    for name in values:
        assert name in docs or name.startswith("AWS_"), name
    subnet = COMPOSE["networks"]["default"]["ipam"]["config"][0]["subnet"]
    assert values["TRUSTED_PROXIES"] == subnet
    own = {"SECRET_KEY": PRODUCTION["SECRET_KEY"], "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**values, **own, "PATH": PRODUCTION["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
