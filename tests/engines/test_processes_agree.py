"""Each process is started with the same options by `make run`, compose, systemd and by hand."""

import configparser
import re
import shlex
from pathlib import Path

import pytest
import yaml

from helpdesk.engines.desk import Desk
from tests.chaos.desk import ROOT

PARTS = ("web", "worker", "jobs", "beat", "mailroom")
UNITS = ROOT / "deploy/systemd"


def options(words):
    """What a command asks for, in no order; not how its program is found, nor its logging."""
    groups = []
    for word in words:
        if word.startswith("-") or not groups:
            groups.append([])
        groups[-1].append(word.rpartition(".venv/bin/")[2])
    if groups[0] == ["python"] and groups[1][0] == "-m":
        groups = [groups[1][1:], *groups[2:]]
    if groups[0][0] == "python":
        groups[0].pop(0)
    left_out = ("--quiet", "--loglevel")
    return sorted(tuple(group) for group in groups if group[0] not in left_out)


def by_hand():
    page = (ROOT / "docs/deploy.md").read_text()
    block = page[page.index("7. **Processes**") : page.index("   With systemd")]
    lines = re.findall(r"(?m)^ {8}(\S.*)$", block.replace("\\\n          ", ""))
    names = ("web", "worker", "jobs", "beat", "mailroom")
    return dict(zip(names, (shlex.split(line) for line in lines), strict=True))


def by_compose():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    image = re.findall(r"(?m)^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text())[-1]
    return {name: services[name].get("command", yaml.safe_load(image)) for name in PARTS}


def unit(path: Path):
    read = configparser.ConfigParser(interpolation=None, strict=False)
    read.optionxform = str  # names of options have capitals
    read.read_string(path.read_text())
    return read


def by_systemd():
    started = {
        name: unit(UNITS / f"helpdesk-{name}.service")["Service"]["ExecStart"] for name in PARTS
    }
    return {name: shlex.split(line.replace("%%", "%")) for name, line in started.items()}


def by_make_run(monkeypatch, tmp_path):
    desk = Desk(data=tmp_path, port=8000)
    monkeypatch.setattr(desk, "_program", lambda name, *words: (name, ("python", *words[1:])))
    return {**dict(desk._always_there()), "mailroom": ("python", "manage.py", "mailroom")}


@pytest.mark.parametrize("part", PARTS)
def test_a_process_has_the_same_options_wherever_it_is_started(part, monkeypatch, tmp_path):
    told = options(by_hand()[part])
    assert options(by_compose()[part]) == told
    assert options(by_systemd()[part]) == told
    if part != "web":  # whose options are in gunicorn.conf.py, but for a laptop's
        assert options(by_make_run(monkeypatch, tmp_path)[part]) == told
