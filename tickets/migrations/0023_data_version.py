"""Which version the stored data has; a desk that begins now has the current one."""

from django.db import migrations, models

from tickets.models.data_version import CURRENT


def begin(apps, schema_editor):
    # The first account of a new desk is made after its tables.
    if not apps.get_model("accounts", "User").objects.exists():
        apps.get_model("tickets", "DataVersion").objects.create(version=CURRENT)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_sessions"),
        ("tickets", "0022_channel_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="DataVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(unique=True)),
                ("reached_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
