"""Actions that meet each other: no chance decides whether."""

import threading
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import pytest
from django.db import connection

from helpdesk.dynamo.transaction import ConditionFailed, Contended, Transaction

LONGEST_WAIT = 30  # seconds; who never comes breaks the race


class Race:
    """Actions that run in threads and overlap for certain: each has read before any writes.

    Each waits at its first transaction until all have come to theirs; with `at`, an object and the
    name of a function of it, at its first call of that. `order` names whose first transaction goes
    first, second, …; without it whoever is quicker. `failed` counts the transactions that met a
    change of another.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._mine = threading.local()
        self._turns: list[str] = []
        self._elsewhere = False
        self._failed: list[str] = []
        commit = Transaction.__exit__

        @wraps(commit)
        def commit_in_turn(transaction: Transaction, *error: Any) -> None:
            if error[0] is not None or self._elsewhere or not self._waits():
                self._count(lambda: commit(transaction, *error))
                return
            turn = self._turns.index(self._mine.name) if self._turns else None
            if turn:
                self._done[turn - 1].wait(LONGEST_WAIT)
            try:
                self._count(lambda: commit(transaction, *error))
            finally:
                if turn is not None:
                    self._done[turn].set()

        monkeypatch.setattr(Transaction, "__exit__", commit_in_turn)

    @property
    def failed(self) -> int:
        return len(self._failed)

    def run(
        self,
        order: Sequence[str] = (),
        *,
        at: tuple[Any, str] | None = None,
        **actions: Callable[[], object],
    ) -> None:
        """Let these actions race, and raise the error of one that failed."""
        self._turns, self._failed = list(order), []
        self._all_there = threading.Barrier(len(actions))
        self._done = [threading.Event() for _ in actions]
        self._elsewhere = at is not None
        errors: list[Exception] = []

        def run(name: str, action: Callable[[], object]) -> None:
            self._mine.name, self._mine.came = name, False
            try:
                action()
            except Exception as error:  # noqa: BLE001 (raised below, in the test's own thread)
                errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=item) for item in actions.items()]
        with self._monkeypatch.context() as patched:
            if at is not None:
                patched.setattr(*at, self._waiting(getattr(*at)))
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        if errors:
            raise errors[0]

    def run_many(
        self, count: int, action: Callable[[], Any], *, at: tuple[Any, str] | None = None
    ) -> list[Any]:
        """Let `count` of the same race each other, and return what each of them returns."""
        answers: list[Any] = []
        self.run(at=at, **{str(n): lambda: answers.append(action()) for n in range(count)})
        return answers

    def _waits(self) -> bool:
        """Wait for the others, in a thread of the race that has not yet; return whether it did."""
        if getattr(self._mine, "came", True):
            return False
        self._mine.came = True
        self._all_there.wait(LONGEST_WAIT)
        return True

    def _waiting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def waiting(*given: Any, **more: Any) -> Any:
            self._waits()
            return function(*given, **more)

        return waiting

    def _count(self, commit: Callable[[], None]) -> None:
        try:
            commit()
        except (ConditionFailed, Contended) as met:
            self._failed.append(str(met))
            raise
