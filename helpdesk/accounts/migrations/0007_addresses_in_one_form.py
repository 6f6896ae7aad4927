"""Bring the email addresses of users into their canonical form."""

import click
from django.db import migrations

from helpdesk.mail.address import AddressRefused, as_kept


def bring(apps, schema_editor):
    users = apps.get_model("accounts", "User").objects.exclude(email="")
    for user in users.only("pk", "email").iterator():
        try:
            address = as_kept(user.email)
        except AddressRefused:
            click.echo(f"  User {user.pk} has no valid e-mail address: correct it in the admin.")
            continue
        if address != user.email:
            users.filter(pk=user.pk).update(email=address)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_sessions_and_tries")]
    operations = [migrations.RunPython(bring, migrations.RunPython.noop)]
