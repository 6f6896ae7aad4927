"""What can go wrong in a service, in words that every app shares.

Raised deep, turned into a page or a status in one place: helpdesk/middleware.py. What only tickets
know (a refused transition) is in tickets/domain/errors.py.
"""

from collections.abc import Mapping


class ServiceError(Exception):
    """A request that cannot be carried out. Nothing was written."""


class NotFound(ServiceError):
    """No such ticket, customer, vehicle or person."""


class NotAllowed(ServiceError):
    """The actor may not do this."""


class Invalid(ServiceError):
    """Bad input: `errors` says for each field what would be right."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors.items()))


class StaleVersion(ServiceError):
    """Somebody changed the item since `seen`; it is at version `current` now."""

    def __init__(self, *, seen: int, current: int) -> None:
        self.seen, self.current = seen, current
        super().__init__(f"This was changed in the meantime (version {current}, not {seen}).")


class AnswerErased(ServiceError):
    """The request came before, and the personal data in its answer has been erased since."""


class Busy(ServiceError):
    """Too many people write the same item at once; trying again will do."""
