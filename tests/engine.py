"""A pytest plugin: one DynamoDB in memory for each test process.

Loaded with `-p`, before pytest-django loads the settings, since models read the engine's address
from them when they are declared.
"""

import os
from contextlib import ExitStack

from helpdesk.engines import dynamo

_engines = ExitStack()
os.environ["DYNAMODB_ENDPOINT_URL"] = _engines.enter_context(dynamo.in_memory())


def pytest_unconfigure() -> None:
    _engines.close()
