"""Bring the email addresses of users into their canonical form, and print whom a person has to look at:
users without a valid address, and users who share a mailbox."""

from collections import defaultdict

import click
from django.db import migrations

from helpdesk.mail.address import AddressRefused, as_kept


def bring(apps, schema_editor):
    users = apps.get_model("accounts", "User").objects.exclude(email="")
    of_mailbox = defaultdict(list)
    for user in users.only("pk", "email").order_by("pk").iterator():
        try:
            address = as_kept(user.email)
        except AddressRefused:
            click.echo(f"  User {user.pk} has no valid e-mail address: correct it in the admin.")
            continue
        if address != user.email:
            users.filter(pk=user.pk).update(email=address)
        of_mailbox[address].append(user.pk)
    for sharing in of_mailbox.values():
        if len(sharing) > 1:
            keys = ", ".join(map(str, sharing))
            click.echo(f"  Users {keys} have the same mailbox: correct them in the admin.")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_sessions_and_tries")]
    operations = [migrations.RunPython(bring, migrations.RunPython.noop)]
