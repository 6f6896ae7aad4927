"""python -m helpdesk.engines: the last step of `make run`."""

import sys

from helpdesk.engines.desk import run

sys.exit(run())
