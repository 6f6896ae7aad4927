"""The index of 0026's column."""

from django.db import migrations, models

from helpdesk.concurrent_indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("tickets", "0026_needs_reply"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(fields=["needs_reply", "number"], name="entry_needs_reply"),
        ),
    ]
