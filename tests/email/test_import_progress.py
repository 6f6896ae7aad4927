"""An import of a large archive says from its beginning how far it is."""

from io import StringIO

from django.core.management import call_command

from tests.email.conftest import after, raw
from tickets.management.commands import import_mail as command
from tickets.services.maintenance.mail_import import import_mail


def letters(folder, count=5):
    for number in range(count):
        (folder / f"{number}.eml").write_bytes(raw(message_id=f"{number}@posta.example"))
    return folder


def test_reading_and_importing_are_both_counted(desk, mailbox, tmp_path):
    told = []

    import_mail(
        [letters(tmp_path)],
        mailbox=mailbox,
        now=after(days=1),
        look=lambda count: told.append(f"read {count}"),
        start=lambda count: told.append(f"import {count}"),
        each=lambda: told.append("one"),
    )

    assert told == ["read 5", *["one"] * 5, "import 5", *["one"] * 5]


def test_where_no_one_watches_there_are_lines(desk, mailbox, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "EVERY", 2)
    out = StringIO()

    call_command("import_mail", str(letters(tmp_path)), stdout=out)

    assert out.getvalue().splitlines()[:-1] == [
        "Counting messages …",
        *("2 of 5 read", "4 of 5 read"),
        *("2 of 5 messages", "4 of 5 messages"),
    ]
