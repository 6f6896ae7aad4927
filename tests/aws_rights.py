"""A pytest plugin: tests run under the rights of helpdesk/infrastructure/rights.py.

Every call of every client of AWS passes `seen` before it is sent. Whose it is, the stack says:
what a request of Django does is the web's, what a Celery task does is the worker's, and a
management command is one or the other's. Tests often call the service that a task or a command
calls; then it is that one's. What another service does is somebody's, and what a test itself does
is nobody's.

- None missing: a test fails if its role, or for somebody no role, has the right to a call.
- None unused: uses.json names a test for each right; that test fails if it no longer uses it, and
  tests/infrastructure/test_rights.py if a right has no test.

`make rights` records anew which test uses what.
"""

import ast
import inspect
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import botocore.handlers
import pytest

from helpdesk.infrastructure.rights import BUCKET, FILES, RIGHTS, Role

WEB, WORKER, ADMINISTRATION = Role.WEB, Role.WORKER, Role.ADMINISTRATION
SOMEBODY, NOBODY = "somebody", "nobody"
ROOT = Path(__file__).parents[1]
USES = Path(__file__).parent / "infrastructure" / "uses.json"
TABLE_OF_ITEM = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
"""What a part of a transaction needs: there is no right to transactions as such."""


@dataclass(frozen=True, order=True)
class Use:
    """An action of IAM on a resource: a table, `table/index/name`, or the bucket's files."""

    resource: str
    action: str


# To be told that a file is not there, and not that it is forbidden, takes the right to list.
_GET = (Use(FILES, "s3:GetObject"), Use(BUCKET, "s3:ListBucket"))
_PUT = (Use(FILES, "s3:PutObject"),)
_LIST = (Use(BUCKET, "s3:ListBucket"),)
OF_FILES = {
    "HeadObject": _GET,
    "GetObject": _GET,
    "PutObject": _PUT,
    "CreateMultipartUpload": _PUT,
    "UploadPart": _PUT,
    "CompleteMultipartUpload": _PUT,
    "AbortMultipartUpload": (Use(FILES, "s3:AbortMultipartUpload"),),
    "DeleteObject": (Use(FILES, "s3:DeleteObject"),),
    "HeadBucket": _LIST,
    "ListObjects": _LIST,
    "ListObjectsV2": _LIST,
}
"""What an operation of S3 needs. https://docs.aws.amazon.com/AmazonS3/latest/API/"""
BY_TABLE = {
    *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "DescribeTable", "CreateTable"),
    *("UpdateTable", "DeleteTable", "DescribeTimeToLive", "UpdateTimeToLive"),
}


def uses(service: str, operation: str, params: dict[str, Any]) -> set[Use]:
    """Return the rights that a call needs. Raises KeyError for an operation not known here."""
    if service == "s3":
        return set(OF_FILES[operation])
    if service != "dynamodb":
        raise KeyError(service)
    return {Use(resource, f"dynamodb:{action}") for resource, action in _in(operation, params)}


def _in(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if operation in ("TransactWriteItems", "TransactGetItems"):
        for item in params["TransactItems"]:
            for kind, what in item.items():
                yield _table(what["TableName"]), TABLE_OF_ITEM[kind]
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        for name in params["RequestItems"]:
            yield _table(name), operation
    elif operation in ("Query", "Scan"):
        index = params.get("IndexName")
        yield _table(params["TableName"]) + (f"/index/{index}" if index else ""), operation
    elif operation in BY_TABLE:
        yield _table(params["TableName"]), operation
    else:
        raise KeyError(operation)


def _table(name: str) -> str:
    from django.conf import settings

    return name.removeprefix(settings.DYNAMODB_TABLE_PREFIX)


# ------------------------------------------------------------------ whose call it is
OF_COMMAND = {
    **dict.fromkeys(("mailroom", "receive_mail", "sla_sweep"), WORKER),
    **dict.fromkeys(("development_smtp", "seed_demo", "setup_desk"), NOBODY),
}
"""Commands that run beside the workers or instead of them, or in development alone; the others are
administration."""


def roles() -> tuple[frozenset[str], bool]:
    """Return whose call this is, from the stack, and whether a process of theirs was entered.

    Without a request, a task or a command in the stack it is theirs who call the outermost
    service: a step of a job is the web's and the worker's.
    """
    frame = sys._getframe(2)
    found: frozenset[str] = frozenset()
    in_service = False
    while frame is not None:
        code = frame.f_code
        if code.co_name == "get_response" and code.co_filename.endswith("core/handlers/base.py"):
            return frozenset({WEB}), True
        if code.co_name == "execute" and code.co_filename.endswith("core/management/base.py"):
            name = type(frame.f_locals["self"]).__module__.rpartition(".")[2]
            return _of_command(name), True
        if code.co_name == "__call__" and code.co_filename.endswith("celery/app/task.py"):
            return frozenset({WORKER}), True
        found = _entries().get(code, found)
        in_service = in_service or ("/services/" in code.co_filename and not _is_test(code))
        frame = frame.f_back
    return found or frozenset({SOMEBODY} if in_service else ()), False


def _of_command(name: str) -> frozenset[str]:
    return frozenset({OF_COMMAND.get(name, ADMINISTRATION)}) - {NOBODY}


@cache
def _entries() -> dict[CodeType, frozenset[str]]:
    """The functions of services that are called from outside, each with the roles that do."""
    found: dict[CodeType, frozenset[str]] = {}
    for app in ("helpdesk", "customers", "tickets", "reporting"):
        _add(found, import_module(f"{app}.tasks"), frozenset({WORKER}))
        for name, module in _modules(f"{app}/management/commands"):
            _add(found, module, _of_command(name))
        for room in ("web", "api", "admin"):
            for _name, module in _modules(f"{app}/{room}"):
                _add(found, module, frozenset({WEB}))
    from django.conf import settings
    from django.utils.module_loading import import_string

    for consumer in settings.OUTBOX_CONSUMERS.values():
        found[import_string(consumer).__code__] = frozenset({WORKER})
    return found


def _modules(folder: str) -> Iterator[tuple[str, ModuleType]]:
    for path in sorted((ROOT / folder).glob("[a-z]*.py")):
        yield path.stem, import_module(f"{folder.replace('/', '.')}.{path.stem}")


def _add(found: dict[CodeType, frozenset[str]], module: ModuleType, roles: frozenset[str]) -> None:
    known = vars(module)
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
        called: Any = None
        if isinstance(node, ast.Name):
            called = known.get(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            place = known.get(node.value.id)
            called = vars(place).get(node.attr) if isinstance(place, ModuleType) else None
        called = inspect.unwrap(called) if isinstance(called, FunctionType) else None
        if called and _is_service(called.__code__.co_filename):
            found[called.__code__] = found.get(called.__code__, frozenset()) | roles


def _is_test(code: CodeType) -> bool:
    return "/tests/" in code.co_filename


def _is_service(path: str) -> bool:
    return "/services/" in path or path.endswith(("mail/delivery.py", "dynamo/table.py"))


# ------------------------------------------------------------------ recording and comparing
Call = tuple[str, Use]
_test = ""
_calls: set[Call] = set()
"""Those of the present test."""
_seen: set[tuple[str, Use, bool]] = set()


def granted() -> dict[str, set[Use]]:
    """Return the rights of each role; somebody has those of any."""
    found = {
        str(role): {Use(right.resource, action) for right in rights for action in right.actions}
        for role, rights in RIGHTS.items()
    }
    return {**found, SOMEBODY: set().union(*found.values())}


def held() -> dict[str, set[Call]]:
    """Return for each test the rights that it holds by using them, from uses.json."""
    found: dict[str, set[Call]] = {}
    for role, resources in json.loads(USES.read_text()).items():
        for resource, actions in resources.items():
            for action, test in actions.items():
                found.setdefault(test, set()).add((role, Use(resource, action)))
    return found


_granted, _held = granted(), held()


def seen(params: dict[str, Any], model: Any, **_: Any) -> None:
    """Note the call that is about to be made; a handler of botocore's before-parameter-build."""
    from django.apps import apps

    if not apps.ready:
        return
    whose, entered = roles()
    if not whose:
        return
    for use in uses(model.service_model.service_name, model.name, params):
        for one in whose:
            if (one, use, entered) not in _seen:
                _seen.add((one, use, entered))
                _calls.add((one, use))
                _record(one, use, entered)


def _record(whose: str, use: Use, entered: bool) -> None:
    if folder := os.environ.get("RIGHTS_FOLDER"):
        words = {
            "role": whose,
            "resource": use.resource,
            "action": use.action,
            "by": _test,
            "entered": entered,
        }
        with (Path(folder) / f"{os.getpid()}.jsonl").open("a") as file:
            file.write(json.dumps(words) + "\n")


def pytest_runtest_setup(item: Any) -> None:
    global _test
    _test = item.nodeid
    _calls.clear()
    _seen.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: Any) -> Any:
    result = yield
    compare(item.nodeid, set(_calls))
    return result


def compare(test: str, calls: set[Call]) -> None:
    """Raise AssertionError if a call was not granted, or a right that the test holds not used."""
    missing = {(whose, use) for whose, use in calls if use not in _granted[whose]}
    assert not missing, "rights.py does not grant:\n" + _lines(missing)
    unused = _held.get(test, set()) - calls
    assert not unused, (
        "uses.json says that this test uses:\n"
        f"{_lines(unused)}\nIt does not. `make rights` looks for another test; "
        "if there is none, nobody needs the right."
    )


def _lines(calls: set[Call]) -> str:
    return "\n".join(f"  {whose}: {use.action} on {use.resource}" for whose, use in sorted(calls))


botocore.handlers.BUILTIN_HANDLERS.append(("before-parameter-build", seen))
