"""make audit: known holes in what is pinned, where a registry tells of them.

A hole that a registry knows of fails it. A registry that does not answer, or does not know a
package, does not: a line says what was not looked at.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKED = ("requirements.txt", "requirements-node.txt")
NPM = ("helpdesk/engines", "theme/static_src")
PATIENCE = 10
"""Seconds that a registry may take."""


def of_pip(lock: str, answer: Any) -> Iterator[tuple[bool, str]]:
    """Yield what pip-audit says in JSON: whether it is a hole, and a line."""
    if answer is None:
        yield False, f"{lock}: not audited, PyPI does not answer"
        return
    found = answer["dependencies"]
    for one in found:
        for hole in one.get("vulns", ()):
            mended = ", ".join(hole["fix_versions"]) or "no release"
            yield True, f"{lock}: {one['name']} {one['version']}: {hole['id']} (mended: {mended})"
    silent = [one["name"] for one in found if "skip_reason" in one]
    looked_at = f"{lock}: {len(found) - len(silent)} of {len(found)} packages audited"
    yield False, f"{looked_at}; of the others PyPI tells nothing" if silent else looked_at


def of_npm(folder: str, answer: Any) -> Iterator[tuple[bool, str]]:
    """Yield what npm audit says in JSON: whether it is a hole, and a line."""
    if answer is None or "vulnerabilities" not in answer:
        yield False, f"{folder}: not audited, the npm registry does not answer"
        return
    for name, hole in sorted(answer["vulnerabilities"].items()):
        yield True, f"{folder}: {name} {hole['range']}: {hole['severity']}"
    looked_at = answer["metadata"]["dependencies"]["total"]
    yield False, f"{folder}: {looked_at} packages audited"


def asked(command: list[str], folder: Path) -> Any:
    """Return the JSON that a command prints, whatever its status; None without any."""
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
        return json.loads(done.stdout)
    except (json.JSONDecodeError, OSError, subprocess.TimeoutExpired):
        return None


def main() -> int:
    pip = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--format=json"]
    pip += ["--progress-spinner=off", f"--timeout={PATIENCE}", "--requirement"]
    npm = ["npm", "audit", "--json", f"--fetch-timeout={PATIENCE * 1_000}", "--fetch-retries=0"]
    lines = [line for lock in LOCKED for line in of_pip(lock, asked([*pip, lock], ROOT))]
    lines += [line for folder in NPM for line in of_npm(folder, asked(npm, ROOT / folder))]
    for is_hole, line in lines:
        sys.stdout.write(f"{'KNOWN HOLE  ' if is_hole else ''}{line}\n")
    return int(any(is_hole for is_hole, _line in lines))


if __name__ == "__main__":
    sys.exit(main())
