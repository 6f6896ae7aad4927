"""Templates of tickets, which fill in the form of a new one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_words_of_the_provider"),
        ("tickets", "0030_attention"),
    ]

    operations = [
        migrations.CreateModel(
            name="TicketTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="name")),
                ("subject", models.CharField(blank=True, max_length=200, verbose_name="subject")),
                (
                    "text",
                    models.TextField(
                        blank=True, help_text="Markdown.", max_length=10000, verbose_name="text"
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("General", "General"),
                            ("Payment", "Payment"),
                            ("Shipping", "Shipping"),
                            ("Customs", "Customs"),
                            ("Technical", "Technical"),
                            ("Billing", "Billing"),
                        ],
                        max_length=20,
                        verbose_name="category",
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("Low", "Low"),
                            ("Medium", "Medium"),
                            ("High", "High"),
                            ("Critical", "Critical"),
                        ],
                        max_length=20,
                        verbose_name="priority",
                    ),
                ),
                (
                    "tags",
                    models.CharField(
                        blank=True,
                        help_text="Separate tags with commas.",
                        max_length=400,
                        verbose_name="tags",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        help_text="Blank means available to everyone.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="accounts.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "ticket template",
                "verbose_name_plural": "ticket templates",
                "ordering": ["name"],
            },
        ),
    ]
