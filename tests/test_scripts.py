"""The scripts of pages: modules of one subject each, and Node's tests of those that hold logic."""

import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "theme/assets/js"
NODE = shutil.which("node", path=f"{os.environ['PATH']}{os.pathsep}{ROOT / '.venv/bin'}")
# The form that the storage of static files knows: whatever else is imported would not be renamed.
KNOWN = re.compile(
    r"""^(import( \{[^}]*\} from)? "\./[\w-]+\.js";|export (async )?(const|function) .*)$"""
)


def test_node_finds_no_fault():
    tests = sorted(str(path) for path in (ROOT / "tests/scripts").glob("*.test.js"))
    assert tests
    done = subprocess.run([NODE, "--test", *tests], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_modules_import_in_the_form_that_is_renamed_and_never_in_a_circle():
    imports: dict[str, list[str]] = {}
    for path in SCRIPTS.glob("*.js"):
        text = path.read_text()
        lines = [line for line in text.splitlines() if re.match(r"\s*(import|export)\b", line)]
        assert [line for line in lines if not KNOWN.match(line)] == [], path.name
        assert "import(" not in text, path.name
        imports[path.name] = re.findall(r'^import.*"\./([\w-]+\.js)";', text, re.MULTILINE)
    assert len(imports) > 10

    while leaves := [name for name, needs in imports.items() if not set(needs) & imports.keys()]:
        for name in leaves:
            del imports[name]
    assert not imports, f"in a circle, or not there: {imports}"
