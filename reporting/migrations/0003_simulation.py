"""SLA simulations have their name in code, too. Their table keeps its own: nothing moves."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reporting", "0002_plain_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelTable(name="whatif", table="reporting_whatif"),
        migrations.RenameModel(old_name="WhatIf", new_name="Simulation"),
        migrations.AlterField(
            model_name="simulation",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=models.CASCADE,
                related_name="%(class)ss",
                to=settings.AUTH_USER_MODEL,
                verbose_name="requested by",
            ),
        ),
    ]
