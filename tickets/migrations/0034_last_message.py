"""When a ticket's last message was, and custom values as they were written, in the search index.

`upgrade_data` rebuilds the index, and fills both.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0033_muted_kinds"),
    ]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="last_message",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="entryfield",
            name="written",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
    ]
