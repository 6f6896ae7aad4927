"""Let SQLite tokenize the full text at spaces only; rebuild_search fills it anew."""

from django.db import migrations


def make_anew(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    from tickets.store.fulltext import engine

    with schema_editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_text RENAME TO tickets_text_before")
        engine().create()
        cursor.execute(
            "INSERT INTO tickets_text (rowid, strong, weak, original) "
            "SELECT rowid, strong, weak, original FROM tickets_text_before"
        )
        cursor.execute("DROP TABLE tickets_text_before")


class Migration(migrations.Migration):
    dependencies = [("tickets", "0009_rules_since_and_replans")]

    operations = [migrations.RunPython(make_anew, migrations.RunPython.noop)]
