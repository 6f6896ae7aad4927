"""The indexes of 0019's column. Until they had a migration of their own they were in that one."""

from django.db import migrations, models

from helpdesk.concurrent_indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("tickets", "0021_retention"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(
                fields=["channel", "created", "number"], name="entry_channel_created"
            ),
        ),
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(fields=["channel", "urgency", "number"], name="entry_channel"),
        ),
    ]
