"""The indexes of 0034's column."""

from django.db import migrations, models
from django.db.models import Q

from helpdesk.concurrent_indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("tickets", "0034_last_message"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(fields=["last_message", "number"], name="entry_message"),
        ),
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(
                fields=["last_message", "number"],
                name="entry_active_message",
                condition=Q(active=True),
            ),
        ),
    ]
