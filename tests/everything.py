"""make test: all tests, in two turns.

Most tests wait for an engine half of their time, so four share two cores. Those that kill
processes, or look at pages in a browser, wait most of it, and have patience of their own: they come
apart from the others, which would leave them no processor.
"""

import os
import subprocess
import sys

PATIENT = ("tests/chaos", "tests/browser")
TURNS = (
    ("-n", "4", *(f"--ignore={folder}" for folder in PATIENT)),
    ("-n", "4", "--no-loadscope-reorder", *PATIENT),
)


def main() -> int:
    """Run both turns, the second whatever became of the first; return 1 where a test failed."""
    # What is compiled is kept: pytest rewrites each assertion, and each process would do it anew.
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    ended = [subprocess.call([sys.executable, "-m", "pytest", *words], env=env) for words in TURNS]
    return int(any(ended))


if __name__ == "__main__":
    sys.exit(main())
