"""Since when the customer waits for a reply, in the search index: a list and an order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0025_custom_values"),
    ]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="needs_reply",
            field=models.BigIntegerField(db_default=100000000000, default=100000000000),
        ),
    ]
