"""A desk that is upgraded to *unread* begins with everything read."""

from django.db import migrations, models

from helpdesk.clock import this_second


def begin(apps, schema_editor):
    # The first account of a new desk is made after its tables; who has seen something knows unread.
    upgraded = apps.get_model("accounts", "User").objects.exists()
    if upgraded and not apps.get_model("tickets", "Attention").objects.exists():
        second = int(this_second().timestamp())
        apps.get_model("tickets", "UnreadSince").objects.create(second=second)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_list_settings"),
        ("tickets", "0035_last_message_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="UnreadSince",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("second", models.BigIntegerField()),
            ],
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
