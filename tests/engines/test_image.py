"""Dockerfile, compose.yaml and what carries them out without Docker belong together."""

import importlib.util
import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from helpdesk import settings
from tests.chaos.desk import ROOT
from tests.security.test_deploy import PRODUCTION

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SAMPLE = (ROOT / "deploy/helpdesk.env.example").read_text()
FOLDERS = {one.name for one in ROOT.iterdir() if one.is_dir()}
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


@pytest.mark.skipif(not os.environ.get("IMAGE_CHECK"), reason="minutes: make thorough")
@pytest.mark.timeout(1800)
def test_the_image_is_built_and_healthy(looked_at):
    done = subprocess.run(
        [sys.executable, "deploy/image_check.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    steps = [line for line in done.stdout.splitlines() if re.match(r"[a-z-]+-packages: ", line)]
    assert len(steps) == len(re.findall(r"(?m)^RUN ", DOCKERFILE))
    looked_at(f"{len(steps)} steps; {done.stdout.splitlines()[-1].partition(': ')[2]}")


STUB = """
import http.server, os, pathlib, sys
host, _, port = os.environ["BIND"].partition(":")
pathlib.Path("started").write_text(port)
if "broken" in os.environ: sys.exit(1)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
http.server.HTTPServer((host, int(port)), Answer).serve_forever()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes a user without rights")
def test_the_health_check_is_held_against_what_the_image_starts():
    stage = image_check.stages(DOCKERFILE)[-1]
    with tempfile.TemporaryDirectory(prefix="image-") as name:
        desk = Path(name)
        for folder in (desk, desk / ".venv/bin"):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o755)
            os.chown(folder, image_check.NOBODY, image_check.NOBODY)
        (desk / ".venv").chmod(0o755)
        (desk / ".venv/bin/python").symlink_to(os.path.realpath(image_check._python()))
        (desk / "gunicorn.py").write_text(STUB)
        assert image_check.started(stage, desk, "/bin", {}).startswith("healthy after")
        with pytest.raises(SystemExit, match="not healthy"):
            image_check.started(stage, desk, "/bin", {"broken": "1"})


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


def test_the_images_context_is_what_runs_and_no_secret(tmp_path):
    secrets = {".env", "deploy/helpdesk.env", "helpdesk/desk.env", ".data/desk.env", ".git/config"}
    others = {"tests/settings.py", "helpdesk/engines/node_modules/x/y.js", "new_folder/thing.py"}
    ours = {name for name in settings.INSTALLED_APPS if name.partition(".")[0] in FOLDERS}
    runs = {f"{name.replace('.', '/')}/__init__.py" for name in ours if "Config" not in name}
    runs |= {f"{name}/some/file" for name in ("templates", "locale")}
    runs |= {"manage.py", "gunicorn.conf.py", "requirements.txt"}
    assert len(runs) >= 12
    root = tmp_path / "root"
    for name in secrets | others | runs:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / ".dockerignore").write_text((ROOT / ".dockerignore").read_text())
    folder = image_check.context(root, tmp_path / "context")
    found = {one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()}
    assert found == runs


@pytest.mark.parametrize(
    ("name", "patterns", "taken"),
    [
        ("a/b", ["*"], False),
        ("a/b/c", ["*", "!a/b"], True),
        ("a/b", ["*", "!a", "**/b"], False),
        ("b", ["**/b"], False),
        ("a/x.env", ["*.env"], True),
        ("a/x.env", ["**/*.env"], False),
        ("x.env.example", ["**/*.env"], True),
    ],
)
def test_patterns_mean_what_they_mean_to_docker(name, patterns, taken):
    assert image_check.let_in(name, patterns) is taken


def test_git_does_not_know_the_operators_secrets():
    assert "deploy/helpdesk.env" in (ROOT / ".gitignore").read_text().split()


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


def test_every_image_of_compose_has_a_place_for_its_digest():
    services = COMPOSE["services"]
    slots = re.compile(r"\$\{([A-Z]+)_IMAGE:-([\w./-]+:[\w.-]+)\}")
    foreign = [one["image"] for one in services.values() if not one["image"].startswith("helpdesk")]
    assert len(foreign) == 4
    assert all(slots.fullmatch(image) for image in foreign)
    bases = dict(re.findall(r"(?m)^ARG (\w+)=(.*)$", DOCKERFILE))
    built = [one["build"]["args"] for one in services.values() if "build" in one]
    assert len(built) == len(OURS) + 1
    for args in built:
        assert {name: slots.fullmatch(args[name])[2] for name in args} == bases
        assert all(slots.fullmatch(args[name])[1] == name for name in args)


def test_setup_waits_for_the_engine_to_answer(tmp_path):
    waits = COMPOSE["services"]["setup"]["depends_on"]
    assert waits["dynamodb"] == waits["postgres"] == {"condition": "service_healthy"}
    ask = COMPOSE["services"]["dynamodb"]["healthcheck"]["test"]
    assert ask[0] == "CMD"
    with socket.create_server(("127.0.0.1", 0)) as engine:
        port = str(engine.getsockname()[1])
        here = [word.replace("8000", port) for word in ask[1:]]
        assert subprocess.run(here, check=False).returncode == 0
    assert subprocess.run(here, capture_output=True, check=False).returncode != 0


def test_the_sample_environment_is_accepted_and_documented(tmp_path):
    values = dict(line.split("=", 1) for line in SAMPLE.splitlines() if line[:1].isupper())
    assert values["SECRET_KEY"] == "", "one that is published is none"
    docs = (ROOT / "docs/deploy.md").read_text() + (ROOT / "compose.yaml").read_text()
    for name in values:
        assert name in docs or name.startswith("AWS_"), name
    subnet = COMPOSE["networks"]["front"]["ipam"]["config"][0]["subnet"]
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
