"""SLA recalculations have their name in code, too. Their table keeps its own: nothing moves."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tickets", "0017_mailboxes")]

    operations = [
        migrations.AlterModelTable(name="replan", table="tickets_replan"),
        migrations.RenameModel(old_name="Replan", new_name="Recalculation"),
    ]
