"""python -m helpdesk.engines: what `make run` ends in."""

import sys

from helpdesk.engines.desk import run

sys.exit(run())
