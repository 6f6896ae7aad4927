"""A file is taken if its first bytes are what its name says."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk.errors import Invalid
from tickets.services.conversation import attachments, file_types

OTHERS = (
    ("invoice.pdf", b"MZ\x90\0\x03"),
    ("car.png", b"<html><script>alert(1)</script>"),
    ("car.webp", b"RIFF\x10\0\0\0WAVEfmt "),
    ("car.heic", b"\0\0\0\x18ftypqt  "),
    ("list.xlsx", b"name,address"),
    ("letter.doc", b"PK\x03\x04"),
    ("list.csv", b"PK\x03\x04\x14\0"),
    ("empty.pdf", b""),
)


@pytest.mark.parametrize(("name", "content"), OTHERS)
def test_a_name_that_promises_something_else_is_refused(name, content):
    pdf = SimpleUploadedFile("papers.pdf", b"%PDF-1.7")
    with (
        pytest.raises(Invalid) as refused,
        attachments.kept("1", [pdf, SimpleUploadedFile(name, content)]),
    ):
        pass
    assert name in refused.value.errors["files"]


def test_each_type_that_is_taken_has_its_beginning():
    assert not any(file_types.fits(kind, b"\0?") for kind in attachments.CONTENT_TYPES)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("scan.pdf", b"\xef\xbb\xbf\r\n%PDF-1.4"),
        ("car.jpeg", b"\xff\xd8\xff\xdb\0C"),
        ("car.png", b"\x89PNG\r\n\x1a\n\0\0"),
        ("car.gif", b"GIF89a\1\0"),
        ("car.webp", b"RIFF\x10\0\0\0WEBPVP8 "),
        ("car.heic", b"\0\0\0\x18ftypmif1"),
        ("letter.doc", b"{\\rtf1 Dear"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0"),
        ("list.ods", b"PK\x03\x04\x14\0"),
        ("empty.txt", b""),
        ("utf-16.csv", b"\xff\xfea\0,\0"),
        ("mail.eml", b"Subject: caf\xe9\r\n"),
    ],
)
def test_files_of_the_type_in_their_name_are_taken_whole(name, content):
    uploaded = SimpleUploadedFile(name, content)
    with attachments.kept("1", [uploaded]) as [stored], attachments.opened(stored) as opened:
        assert opened.read() == content
