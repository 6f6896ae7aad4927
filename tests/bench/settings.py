"""The settings of production; an answer says what it cost if its request asks for that."""

from helpdesk.settings import *  # noqa: F403

MIDDLEWARE.insert(0, "tests.bench.costs.CostsIfAsked")  # noqa: F405
