"""The languages are those of the settings, so that the next one needs no migration."""

from django.db import migrations, models

import helpdesk.accounts.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_mailboxes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(
                blank=True,
                choices=helpdesk.accounts.models.languages,
                db_default="",
                default="",
                help_text="Blank uses the language of your browser, and English in emails.",
                max_length=10,
                verbose_name="language",
            ),
        ),
    ]
