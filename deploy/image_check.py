"""make image-check: carry out the Dockerfile without Docker, each stage in an empty folder.

The lines are read from the Dockerfile, so that this cannot drift from it. Each RUN is done by a
user without rights, with nothing on the PATH but what the stage's base has. At the end the last
stage, made read-only, has to answer `manage.py check --deploy` and migrate a database, and its CMD
under its ENV has to be healthy by its HEALTHCHECK. What it cannot show: that the bases exist, and
the layers of Docker itself.
"""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOBODY = 65534
ON_PATH = {
    "NODE": ("node", "npm", "sh", "env"),
    "PYTHON": ("python", "sh"),
    "DEBIAN": ("sh",),
}
KNOWN = frozenset(
    ["ARG", "FROM", "WORKDIR", "COPY", "RUN", "USER", "CMD", "ENV", "EXPOSE", "HEALTHCHECK"]
)
REGISTRIES = ("PIP_", "NPM_CONFIG_", "npm_config_", "SSL_CERT", "NODE_EXTRA_CA_CERTS")
"""How variables begin that say how this machine reaches its registries."""


@dataclass
class Stage:
    base: str
    """The name of the ARG that has the base's name."""
    name: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    """Instructions and their words, in order."""


def stages(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile. Raises ValueError for what cannot be carried out here."""
    found: list[Stage] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        instruction, _, words = line.partition(" ")
        if instruction not in KNOWN:
            raise ValueError(f"image-check does not know {instruction}")
        if instruction == "FROM":
            match = re.fullmatch(r"\$\{(\w+)\} AS ([\w-]+)", words)
            if match is None:
                raise ValueError(f"image-check does not know FROM {words}")
            found.append(Stage(match[1], match[2]))
        elif found:
            found[-1].lines.append((instruction, words))
    return found


def carry_out(made: list[Stage], top: Path, context: Path) -> None:
    """Carry out COPY and RUN of each stage in a folder of its own. Raises CalledProcessError."""
    for stage in made:
        folder = top / stage.name
        folder.mkdir()
        os.chown(folder, NOBODY, NOBODY)
        path = _path(stage, top)
        for instruction, words in stage.lines:
            if instruction == "COPY":
                _copy(shlex.split(words), folder, top, context)
                as_nobody(["chown"], folder, path, fix=True)
            elif instruction == "RUN":
                sys.stdout.write(f"{stage.name}: {words[:90]}\n")
                sys.stdout.flush()
                as_nobody(["sh", "-c", words], folder, path)


def started(stage: Stage, desk: Path, path: str, given: dict[str, str]) -> str:
    """Start the stage's CMD, hold its HEALTHCHECK against it, and return how long it took.

    What stands under /desk is in `desk`. `given` goes before the stage's ENV. Raises SystemExit if
    it does not become healthy in the check's own start period.
    """
    lines = dict(stage.lines)
    port = _free_port()
    env = dict(word.split("=", 1) for word in shlex.split(lines["ENV"])) | given
    env = {name: value.replace("/desk", str(desk)) for name, value in env.items()}
    env |= {"BIND": f"127.0.0.1:{port}", "PATH": f"{desk}/.venv/bin:{path}"}
    options, _, words = lines["HEALTHCHECK"].partition(" CMD ")
    seconds = int(re.search(r"--start-period=(\d+)s", options)[1])  # type: ignore[index]
    ask = [word.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for word in json.loads(words)]
    running: dict[str, Any] = {
        "cwd": desk,
        "env": env,
        "user": NOBODY,
        "group": NOBODY,
        "extra_groups": [],
    }
    began = time.monotonic()
    served = subprocess.Popen(_found(json.loads(lines["CMD"]), desk), **running)  # noqa: S603
    try:
        while time.monotonic() - began < seconds and served.poll() is None:
            done = subprocess.run(  # noqa: S603
                _found(ask, desk), **running, stderr=subprocess.DEVNULL, check=False
            )
            if done.returncode == 0:
                return f"healthy after {time.monotonic() - began:.0f} s"
            time.sleep(1)
    finally:
        served.terminate()
        served.wait(timeout=60)
    raise SystemExit(f"image-check: not healthy within {seconds} s")


def _found(command: list[str], desk: Path) -> list[str]:
    """Return a command with its program as the stage's PATH finds it."""
    return [str(desk / ".venv/bin" / command[0]), *command[1:]]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def as_nobody(command: list[str], folder: Path, path: str, *, fix: bool = False) -> None:
    """Run a command in the folder as a user without rights; or give that user the folder."""
    if fix:
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", str(folder)], check=True)  # noqa: S603, S607
        return
    kept = {name: value for name, value in os.environ.items() if name.startswith(REGISTRIES)}
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    os.chown(home, NOBODY, NOBODY)
    subprocess.run(  # noqa: S603
        [f"{path}/{command[0]}", *command[1:]],
        cwd=folder,
        env={**kept, "PATH": path, "HOME": str(home)},
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        check=True,
    )


def _python() -> str | None:
    """Return a Python that a user without rights can read."""
    return shutil.which("python3", path="/usr/local/bin:/usr/bin")


def _path(stage: Stage, top: Path) -> str:
    folder = top / f"bin-{stage.name}"
    folder.mkdir()
    for name in ON_PATH[stage.base]:
        real = _python() if name == "python" else shutil.which(name)
        if real is None:
            raise SystemExit(f"image-check needs {name}")
        (folder / name).symlink_to(os.path.realpath(real) if name != "npm" else real)
    return str(folder)


def _copy(words: list[str], folder: Path, top: Path, context: Path) -> None:
    source = context
    if words[0].startswith("--from="):
        source = top / words.pop(0).removeprefix("--from=")
    *names, last = words
    target = folder / last.removeprefix("/desk").lstrip("/")
    for name in names:
        found = source / name.removeprefix("/desk").lstrip("/")
        place = target / found.name if found.is_file() and last.endswith("/") else target
        place.parent.mkdir(parents=True, exist_ok=True)
        if found.is_dir():
            shutil.copytree(found, place, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(found, place)


def let_in(name: str, patterns: list[str]) -> bool:
    """Whether Docker takes a file into its context: the last pattern that it or a folder of it
    fits decides.
    """
    parts = name.split("/")
    paths = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    found = True
    for pattern in patterns:
        if any(re.fullmatch(_expression(pattern.removeprefix("!")), path) for path in paths):
            found = pattern.startswith("!")
    return found


def _expression(pattern: str) -> str:
    """Return a pattern of .dockerignore as a regular expression."""
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return "".join(words.get(part, re.escape(part)) for part in parts)


def context(root: Path, folder: Path) -> Path:
    """Copy into `folder` what .dockerignore lets in of `root`, whether git knows it or not."""
    patterns = (root / ".dockerignore").read_text().split()
    exceptions = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    for here, folders, files in os.walk(root):
        inside = Path(here).relative_to(root)
        folders[:] = [
            name
            for name in folders
            if let_in(path := (inside / name).as_posix(), patterns)
            or any(one.startswith(f"{path}/") for one in exceptions)
        ]
        for name in (inside / name for name in files):
            if let_in(name.as_posix(), patterns):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, folder / name)
    return folder


def main() -> None:
    if os.geteuid() != 0:
        raise SystemExit("image-check needs root, to become a user without rights")
    made = stages((ROOT / "Dockerfile").read_text())
    with tempfile.TemporaryDirectory(prefix="image-") as name:
        top = Path(name)
        top.chmod(0o755)
        carry_out(made, top, context(ROOT, top / "context"))
        desk, data = top / made[-1].name, top / "data"
        subprocess.run(["chown", "-R", "0:0", str(desk)], check=True)  # noqa: S603, S607
        data.mkdir()
        os.chown(data, NOBODY, NOBODY)
        given = {"SECRET_KEY": "checked " * 8, "ALLOWED_HOSTS": "desk.example"}
        given["DATA_DIR"] = str(data)
        settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in given.items())
        more = "STATIC_ROOT=static PYTHONDONTWRITEBYTECODE=1"
        path = str(top / f"bin-{made[-1].name}")
        for command in ("check --deploy --fail-level WARNING", "migrate --no-input --verbosity 0"):
            words = f"{settings} {more} .venv/bin/python manage.py {command}"
            as_nobody(["sh", "-c", words], desk, path)
        healthy = started(made[-1], desk, path, given)
        sys.stdout.write(f"make image-check: all is well, {healthy}\n")


if __name__ == "__main__":
    main()
