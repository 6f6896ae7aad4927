"""Who wrote a mail that somebody else forwarded."""

from datetime import UTC, datetime

import pytest

from helpdesk.mail.reading import Address, read

ANN = Address("Ann Li", "ann@y.example")


def forwarded(subject: str, text: str, headers: str = ""):
    raw = f"From: b@x.example\r\nSubject: {subject}\r\n{headers}\r\n{text}"
    return read(raw.encode()).forwarded


@pytest.mark.parametrize(
    ("subject", "heading"),
    [
        ("Fwd: My car", "---------- Forwarded message ---------\nFrom: Ann Li <ann@y.example>\n"
         "Date: Mon, 1 Feb 2016 at 10:15\nSubject: My car\nTo: <b@x.example>"),
        ("Re: talk", "---------- Forwarded message ---------\nVon: Ann Li <ann@y.example>\n"
         "Date: Mo., 1. Feb. 2016 um 10:15 Uhr\nSubject: My car\nTo: <b@x.example>"),
        ("WG: My car", "Von: Ann Li <ann@y.example>\nGesendet: Montag, 1. Februar 2016 10:15\n"
         "An: B <b@x.example>\nBetreff: My car"),
        ("FW: My car", "From: Ann Li [mailto:ann@y.example]\nSent: Monday, 1 February 2016\n"
         "To: B\nSubject: My car"),
        ("Fw: My car", "From: Ann Li <ann@y.example<mailto:ann@y.example>>\nSent: Monday\n"
         "To: B\nSubject: My car"),
        ("TR: My car", "De : Ann Li <ann@y.example>\nEnvoyé : lundi\nÀ : B\nObjet : My car"),
        ("RV: My car", "De: Ann Li <ann@y.example>\nEnviado el: lunes\nPara: B\nAsunto: My car"),
        ("I: My car", "Da: Ann Li <ann@y.example>\nInviato: lunedì\nA: B\nOggetto: My car"),
        ("FW: My car", "Van: Ann Li <ann@y.example>\nVerzonden: maandag\nAan: B\n"
         "Onderwerp: My car"),
        ("PD: My car", "Od: Ann Li <ann@y.example>\nWysłano: poniedziałek\nDo: B\nTemat: My car"),
        ("Fwd: My car", "Begin forwarded message:\n\n> From: Ann Li <ann@y.example>\n"
         "> Subject: My car\n> Date: 1 February 2016 at 10:15:00 CET\n> To: b@x.example"),
        ("Fwd: My car", "Anfang der weitergeleiteten Nachricht:\n\nVon: Ann Li <ann@y.example>\n"
         "Betreff: My car\nDatum: 1. Februar 2016 um 10:15:00 MEZ\nAn: b@x.example"),
        ("Fwd: My car", "-------- Weitergeleitete Nachricht --------\nBetreff: \tMy car\n"
         "Datum: \tMon, 1 Feb 2016 10:15:00 +0100\nVon: \tAnn Li <ann@y.example>\nAn: \tB"),
        ("Fwd: My car", "-------- Forwarded Message --------\nSubject: \tMy car\n"
         "Date: \tMon, 1 Feb 2016 10:15:00 +0100\nFrom: \tAnn Li <ann@y.example>\nTo: \tB"),
    ],
)  # fmt: skip
def test_the_heading_of_a_forwarded_mail(subject, heading):
    found = forwarded(subject, f"Please look.\n\n{heading}\n\nWhere is my car?\n")

    assert found
    assert found.sender == ANN
    assert found.subject == "My car"
    assert found.written_date
    assert not found.attached


def test_a_date_with_a_zone_is_read_and_another_is_left_as_written():
    heading = (
        "-------- Forwarded Message --------\nSubject: x\nDate: {}\nFrom: <ann@y.example>\n\nHi"
    )

    found = forwarded("Fwd: x", heading.format("Mon, 1 Feb 2016 10:15:00 +0100"))
    assert found
    assert found.date == datetime(2016, 2, 1, 9, 15, tzinfo=UTC)
    found = forwarded("Fwd: x", heading.format("Montag, 1. Februar 2016"))
    assert found
    assert (found.date, found.written_date) == (None, "Montag, 1. Februar 2016")


def test_a_quotation_is_no_forwarded_mail():
    text = "Yes.\n\nFrom: Ann <ann@y.example>\nSent: Monday\nTo: B\nSubject: My car\n\nHi"

    assert forwarded("Re: My car", text) is None
    assert forwarded("Fwd: My car", "Please look, no heading here") is None


def test_an_attached_message():
    headers = "Content-Type: multipart/mixed; boundary=b\r\n"
    inner = (
        "From: Ann Li <ann@y.example>\r\nSubject: My car\r\nDate: Mon, 1 Feb 2016 10:15:00 +0100"
    )
    text = (
        f"--b\r\n\r\nSee\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n\r\nHi\r\n--b--"
    )

    found = forwarded("Fwd: My car", text, headers)

    assert found
    assert (found.sender, found.subject, found.attached) == (ANN, "My car", True)
    assert found.date == datetime(2016, 2, 1, 9, 15, tzinfo=UTC)
