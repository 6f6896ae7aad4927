"""What of a message is shown, and what are its files."""

import base64
import time

import pytest

from helpdesk.mail.reading import Problem, read
from helpdesk.mail.reading.body import MOST_TEXT
from helpdesk.mail.reading.mime import MOST_DEPTH, MOST_PARTS

PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\nPlain\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Rich</p>\r\n"
PICTURE = (
    b"Content-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode(b"picture")
    + b"\r\n"
)


def multipart(kind: str, *parts: bytes, top: bool = True, boundary: str = "b") -> bytes:
    head = "From: a@x.example\r\nMessage-ID: <1@x.example>\r\n" if top else ""
    between = f"--{boundary}\r\n".encode()
    return (
        f'{head}Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
        + b"".join(between + part for part in parts)
        + f"--{boundary}--\r\n".encode()
    )


def one(headers: bytes, body: bytes):
    return read(b"From: a@x.example\r\nMessage-ID: <1@x.example>\r\n" + headers + b"\r\n" + body)


def test_plain_text_is_shown_where_there_is_any():
    message = read(multipart("alternative", PLAIN, HTML))

    assert message.text == "Plain"
    assert message.html == "<p>Rich</p>"
    assert message.files == ()


def test_html_alone_becomes_text():
    assert read(multipart("alternative", HTML)).text == "Rich"
    empty = b"Content-Type: text/plain\r\n\r\n \r\n"
    assert read(multipart("alternative", empty, HTML)).text == "Rich"


def test_texts_in_order_with_a_picture_between():
    message = read(multipart("mixed", PLAIN, PICTURE, PLAIN))

    assert message.text == "Plain\nPlain"
    assert [file.content for file in message.files] == [b"picture"]


def test_case_22_an_empty_body_with_a_picture():
    message = read(multipart("mixed", PICTURE))

    assert message.text == ""
    assert message.files[0].name == "attachment.png"
    assert message.files[0].content_id == "logo@x"


def test_case_22_html_without_html_and_with_its_pictures():
    rich = HTML.replace(b"Rich", b'Rich<img src="cid:logo@x">')
    message = read(multipart("related", rich, PICTURE))

    assert message.text == "Rich"
    assert message.files[0].inline


def test_case_22_pictures_written_into_the_html_are_its_files():
    picture = base64.b64encode(b"picture")
    html = b'<p>Rich</p><img src="data:image/png;base64,' + picture + b'">'
    message = read(multipart("alternative", HTML.replace(b"<p>Rich</p>", html)))

    (file,) = message.files
    assert (file.name, file.content, file.inline) == ("picture-1.png", b"picture", True)
    assert message.html == f'<p>Rich</p><img src="cid:{file.content_id}">'


def test_case_22_spaces_and_depth():
    for html in (b"&nbsp;" * 200_000 + b"Rich", b"<div>" * 40_000 + b"Rich"):
        message = one(b"Content-Type: text/html\r\n", html)
        assert message.text.strip() == "Rich"


def test_case_23_an_attached_message_that_is_no_utf_8_is_kept_byte_for_byte():
    inner = b"From: b@y.example\r\nSubject: Gr\xfc\xdfe\r\n\r\n\xff\xfe\x00 bytes"
    part = (
        b'Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename="m.eml"\r\n\r\n'
    )
    message = read(multipart("mixed", PLAIN, part + inner + b"\r\n"))

    assert message.files[0].content == inner
    assert message.files[0].name == "m.eml"


def test_an_attached_message_without_a_name_has_its_subject():
    part = b"Content-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHi\r\n"

    assert read(multipart("mixed", part)).files[0].name == "Grüße.eml"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a.pdf", "a.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\a.pdf", "a.pdf"),
        ("a\u202egpj.exe", "agpj.exe"),
        (".htaccess", "htaccess"),
        ("...", "attachment.pdf"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_names_of_files_are_cleaned(name, kept):
    part = f'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="{name}"'
    message = read(multipart("mixed", part.encode() + b"\r\n\r\nx\r\n"))

    assert message.files[0].name == kept


def test_an_empty_file_is_a_file():
    part = b"Content-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n\r\n"

    assert [(f.name, f.content) for f in read(multipart("mixed", part)).files] == [("a.csv", b"")]


def test_invitations_are_files():
    part = b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n"
    message = read(multipart("alternative", PLAIN, HTML, part))

    assert message.text == "Plain"
    assert message.files[0].name == "attachment.ics"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n", b"x"),
        (b"Content-Type: application/x-pkcs7-mime; name=smime.p7m\r\n", b"x"),
        (b"Content-Type: multipart/encrypted; boundary=b\r\n", b"--b\r\n\r\nx\r\n--b--"),
        (b"", b"Hello\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nx"),
    ],
)
def test_encrypted_mail_is_said_to_be(headers, body):
    assert one(headers, body).encrypted


def test_signed_mail_is_not_encrypted():
    headers = b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n"
    assert not one(headers, b"x").encrypted
    assert Problem.SIGNED_ENVELOPE in one(headers, b"x").problems
    assert not read(multipart("signed", PLAIN)).encrypted


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        (b"utf-8", "Größe".encode(), "Größe"),
        (b"", "Größe".encode(), "Größe"),
        (b"", "Größe".encode("latin-1"), "Größe"),
        (b"us-ascii", "Größe".encode(), "Größe"),
        (b"iso-8859-1", "Größe".encode(), "Größe"),
        (b"utf-8", "Größe".encode("latin-1"), "Größe"),
        (b"iso-8859-1", b"\x80 \x93x\x94", "€ “x”"),
        (b"x-unknown", "Größe".encode(), "Größe"),
        (b"hex", b"6162", "6162"),
        (b"windows-1251", "Где".encode("cp1251"), "Где"),
        (b"koi8-r", "Где".encode("koi8-r"), "Где"),
        (b"utf-8", "Где".encode(), "Где"),
        (b"gb2312", "你好镕".encode("gb18030"), "你好镕"),
        (b"big5", "你好".encode("big5"), "你好"),
        (b"iso-2022-jp", "車です".encode("iso2022_jp"), "車です"),
        (b"iso-2022-jp", "車です".encode("euc_jp"), "車です"),
        (b"shift_jis", "車①".encode("cp932"), "車①"),
        (b"ks_c_5601-1987", "똠방".encode("cp949"), "똠방"),
        (b"utf-16", "Größe".encode("utf-16"), "Größe"),
        (b"utf-7", b"Gr+APYA3w-e", "Größe"),
        (b"unicode-1-1-utf-7", b"Gr+APYA3w-e", "Größe"),
        (b"utf-8", "\ufeffx".encode(), "x"),
    ],
)
def test_character_sets_declared_rightly_wrongly_and_not_at_all(charset, body, text):
    message = one(b"Content-Type: text/plain; charset=" + charset + b"\r\n", body)

    assert message.text == text
    assert Problem.UNDECODABLE not in message.problems


def test_single_bad_bytes_are_marked_and_said():
    message = one(b"Content-Type: text/plain; charset=utf-8\r\n", "Größe: 5 €".encode() + b"\xff!")

    assert message.text == "Größe: 5 €\ufffd!"
    assert Problem.UNDECODABLE in message.problems


def test_nul_is_kept_as_its_picture_and_said():
    message = one(b"", b"a\0b")

    assert message.text == "a\u2400b"
    assert Problem.CONTROL_CHARACTERS in message.problems


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        (b"base64", b"SGVs\r\nbG8=\r\n", "Hello"),
        (b"base64", b"SGVsbG8", "Hello"),
        (b"base64", b"SGVsbG8=IHlvdQ==", "Hello you"),
        (b"BASE64 ", b"SGVsbG8=\r\n", "Hello"),
        (b"base64", b"Hello, you! How are you?", "Hello, you! How are you?"),
        (b"base64", b"SGVsbG8=" * 99 + b"\r\n-- \r\nA list, at x.example\r\n",
         "Hello" * 99 + "-- \nA list, at x.example"),
        (b"quoted-printable", b"Gr=C3=B6=\r\n=C3=9Fe =3D =zz", "Größe = =zz"),
        (b"quoted-printable;", b"a=\r\nb", "ab"),
        (b"8bits", b"a=20b", "a=20b"),
        (b"", b"a=20b", "a=20b"),
        (b"x-uuencode", b"begin 644 a.txt\r\n%2&5L;&\\\r\n`\r\nend\r\n", "Hello"),
    ],
)  # fmt: skip
def test_transfer_encodings_also_damaged_ones(encoding, body, text):
    assert one(b"Content-Transfer-Encoding: " + encoding + b"\r\n", body).text == text


def test_a_boundary_that_is_missing_or_wrong_is_guessed():
    raw = multipart("mixed", PLAIN, PICTURE)

    for wrong in (raw.replace(b'; boundary="b"', b""), raw.replace(b'"b"', b'"other"')):
        message = read(wrong)
        assert message.text == "Plain"
        assert len(message.files) == 1
        assert Problem.BROKEN_STRUCTURE in message.problems


def test_a_part_without_an_end_is_read():
    message = read(multipart("mixed", PLAIN, PICTURE).replace(b"--b--", b""))

    assert message.text == "Plain"
    assert message.files[0].content == b"picture"


def test_what_stands_after_the_last_part_is_said():
    assert read(multipart("mixed", PLAIN)).problems == ()
    message = read(multipart("mixed", PLAIN) + b"A list added this.")
    assert message.problems == (Problem.TEXT_OUTSIDE_PARTS,)


def test_more_parts_than_are_read_are_one_file():
    raw = multipart("mixed", *[PLAIN] * (MOST_PARTS + 50))
    message = read(raw)

    assert Problem.TOO_MANY_PARTS in message.problems
    assert message.text.count("Plain") == MOST_PARTS
    assert message.files[0].content.count(b"Plain") == 50


def test_an_endless_multipart_ends():
    raw = PLAIN
    for level in range(500):
        raw = multipart("mixed", PLAIN, raw, top=level == 499, boundary=f"b{level}")
    message = read(raw)

    assert Problem.TOO_DEEP in message.problems
    assert message.text.count("Plain") == MOST_DEPTH
    assert message.files[0].content.count(b"Plain") == 501 - MOST_DEPTH


def test_hostile_structures_take_little_time():
    began = time.process_time()
    for body in (b"--b\r\n" * 500_000, b"--bx\r\n" * 500_000, b"--b" + b" " * 3_000_000 + b"x"):
        read(multipart("mixed", PLAIN) + body)
    assert time.process_time() - began < 4


def test_a_text_too_long_to_show_is_a_file_as_well():
    message = one(b"", b"x" * (MOST_TEXT + 10))

    assert len(message.text) == MOST_TEXT
    assert Problem.TEXT_CUT in message.problems
    assert message.files[0].content == b"x" * (MOST_TEXT + 10)


def test_a_winmail_that_cannot_be_read_is_kept():
    part = b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\nnonsense\r\n"
    message = read(multipart("mixed", PLAIN, part))

    assert message.files[0].name == "winmail.dat"
    assert Problem.UNREADABLE_ATTACHMENT in message.problems


def tnef(*attributes: tuple[int, int, int, bytes]) -> bytes:
    """A winmail.dat of attributes: level, name, type, content."""
    found = (0x223E9F78).to_bytes(4, "little") + b"\x01\x00"
    for level, name, kind, content in attributes:
        found += bytes([level]) + name.to_bytes(2, "little") + kind.to_bytes(2, "little")
        found += len(content).to_bytes(4, "little") + content
        found += (sum(content) % 65536).to_bytes(2, "little")
    return found


def test_a_winmail_is_unpacked():
    data = tnef(
        (1, 0x9007, 6, (1252).to_bytes(8, "little")),
        (1, 0x800C, 2, b"Gr\xfc\xdfe\0"),
        (2, 0x9002, 6, bytes(14)),
        (2, 0x8010, 1, b"price.pdf\0"),
        (2, 0x800F, 6, b"content"),
    )
    part = b"Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    message = read(multipart("mixed", part + base64.b64encode(data) + b"\r\n"))

    assert [(file.name, file.content) for file in message.files] == [("price.pdf", b"content")]
    assert message.text == "Grüße"
    assert message.problems == ()
