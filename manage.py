#!/usr/bin/env python
"""Django's command line. Run it with the virtual environment that `make` built."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    os.environ.setdefault("HELPDESK_LAPTOP", "1")  # if nothing else is set; see the settings
    if sys.argv[1:2] != ["mailroom"]:  # a server, as web and workers are
        os.environ.setdefault("HELPDESK_LOG_STREAM", "stderr")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed for this Python. Run make setup, use .venv/bin/python")
    from helpdesk.engines.required import refuse_without_engines

    refuse_without_engines()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
