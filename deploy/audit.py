"""make audit: known holes in what is pinned, where a registry tells of them.

A hole that a registry knows of fails it, and so does a program that did not look. A registry that
does not answer, or does not know a package, does not: a line says what was not looked at.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
"""Where pip-audit is, and npm on machines without a Node.js of their own."""
LOCKED = ("requirements.txt", "requirements-dev.txt", "requirements-node.txt")
NPM = ("helpdesk/engines", "theme/static_src")
PATIENCE = 10
"""Seconds that a registry may take."""
SILENT = (
    "requests.exceptions.",
    "Could not connect to PyPI",
    "PyPI is not redirecting",
    "audit endpoint returned an error",
)
"""What pip-audit and npm write when the registry does not answer, and for nothing else."""


class NotStarted(Exception):
    """A program did not start, or ended without having looked. The message says which and why."""


def of_pip(lock: str, answer: Any) -> Iterator[tuple[bool, str]]:
    """Yield what pip-audit says in JSON: whether it is a hole, and a line."""
    if answer is None:
        yield False, f"{lock}: not audited, PyPI does not answer"
        return
    found = answer["dependencies"]
    for one in found:
        for hole in one.get("vulns", ()):
            mended = ", ".join(hole["fix_versions"]) or "no release"
            told = f"{lock}: {one['name']} {one['version']}: {hole['id']} (mended: {mended})"
            yield True, f"KNOWN HOLE  {told}"
    silent = [one["name"] for one in found if "skip_reason" in one]
    looked_at = f"{lock}: {len(found) - len(silent)} of {len(found)} packages audited"
    yield False, f"{looked_at}; of the others PyPI tells nothing" if silent else looked_at


def of_npm(folder: str, answer: Any) -> Iterator[tuple[bool, str]]:
    """Yield what npm audit says in JSON: whether it is a hole, and a line."""
    if answer is None:
        yield False, f"{folder}: not audited, the npm registry does not answer"
        return
    for name, hole in sorted(answer["vulnerabilities"].items()):
        yield True, f"KNOWN HOLE  {folder}: {name} {hole['range']}: {hole['severity']}"
    looked_at = answer["metadata"]["dependencies"]["total"]
    yield False, f"{folder}: {looked_at} packages audited"


def asked(command: list[str], folder: Path) -> Any:
    """Return the JSON that a program prints of what it found; None if its registry is silent.

    Raises NotStarted.
    """
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    try:
        done = subprocess.run(  # noqa: S603
            command,
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except OSError as error:
        raise NotStarted(f"{command[0]} did not start: {error}") from error
    except subprocess.TimeoutExpired:
        return None
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError:
        answer = {}
    if {"dependencies", "vulnerabilities"} & answer.keys():
        return answer
    if any(words in done.stderr for words in SILENT):
        return None
    last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    raise NotStarted(f"{command[0]} ended with status {done.returncode}: {last}")


def lines() -> Iterator[tuple[bool, str]]:
    """Yield whether it fails the audit, and a line, for each lock in turn."""
    pip = ["pip-audit", "--require-hashes", "--disable-pip", "--format=json"]
    pip += ["--progress-spinner=off", f"--timeout={PATIENCE}", "--requirement"]
    npm = ["npm", "audit", "--json", f"--fetch-timeout={PATIENCE * 1_000}", "--fetch-retries=0"]
    for place in (*LOCKED, *NPM):
        try:
            if place in LOCKED:
                yield from of_pip(place, asked([*pip, place], ROOT))
            else:
                yield from of_npm(place, asked(npm, ROOT / place))
        except NotStarted as problem:
            yield True, f"NOT AUDITED  {place}: {problem}"


def main() -> int:
    found = list(lines())
    for _fails, line in found:
        sys.stdout.write(f"{line}\n")
    return int(any(fails for fails, _line in found))


if __name__ == "__main__":
    sys.exit(main())
