"""Whether stored data is in the form of this release."""

from django.db import connection

from tickets.models.data_version import CURRENT, DataVersion
from tickets.models.search import Entry


def upgrade_is_due() -> bool:
    """Return whether `upgrade_data` has to run. Works before `migrate`, too. Two SQL queries."""
    tables = connection.introspection.table_names()
    if DataVersion._meta.db_table not in tables:
        return Entry._meta.db_table in tables  # a desk of an earlier release
    return not DataVersion.objects.filter(version=CURRENT).exists()


def is_upgraded() -> None:
    """Record that all data is in the form of this release. A repeat changes nothing."""
    DataVersion.objects.get_or_create(version=CURRENT)
