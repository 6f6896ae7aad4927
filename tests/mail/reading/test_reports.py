"""Reports of machines and automatic replies are recognised; people's mail is not taken for one."""

import pytest

from helpdesk.mail.reading import Automatic, ReportKind, read

DAEMON = "From: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nReturn-Path: <>\r\n"


def standard(action: str, status: str = "5.1.1", kind: str = "delivery-status") -> bytes:
    return (
        f"{DAEMON}Subject: Report\r\nMessage-ID: <r@mx.example>\r\nContent-Type: multipart/report; "
        f"report-type={kind}; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; Bo@Y.example\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such\r\n user\r\n--b\r\n"
        "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <ours@helpdesk.example>\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("failed", ReportKind.FAILED),
        ("Failed (no such user)", ReportKind.FAILED),
        ("delayed", ReportKind.DELAYED),
        ("relayed", ReportKind.RELAYED),
        ("expanded", ReportKind.RELAYED),
        ("delivered", ReportKind.DELIVERED),
    ],
)
def test_case_14_standard_reports(action, kind):
    message = read(standard(action))

    assert message.automatic is Automatic.REPORT
    assert message.report
    assert message.report.kind is kind
    assert message.report.message_id == "ours@helpdesk.example"
    assert message.report.words == "550 5.1.1 No such user"
    (recipient,) = message.report.recipients
    assert (recipient.address, recipient.status) == ("bo@y.example", "5.1.1")


def test_case_14_the_worst_of_several_recipients_counts():
    two = standard("delivered", "2.0.0").replace(
        b"\r\n--b\r\nContent-Type: text/rfc822-headers",
        b"\r\n\r\nFinal-Recipient: rfc822;c@y.example\r\nAction: failed\r\nStatus: 5.2.2\r\n"
        b"\r\n--b\r\nContent-Type: text/rfc822-headers",
    )
    report = read(two).report

    assert report
    assert report.kind is ReportKind.FAILED
    assert [each.kind for each in report.recipients] == [ReportKind.DELIVERED, ReportKind.FAILED]


@pytest.mark.parametrize(
    ("text", "kind", "address"),
    [
        ("Subject: failure notice\r\n\r\nHi. This is the qmail-send program at mx.example.\r\n"
         "I'm afraid I wasn't able to deliver your message to the following addresses.\r\n"
         "This is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n"
         "<bo@y.example>:\r\n550 5.1.1 no such user\r\n\r\n--- Below this line is a copy\r\n\r\n"
         "Message-ID: <ours@helpdesk.example>\r\n", ReportKind.FAILED, "bo@y.example"),
        ("Subject: Mail delivery failed: returning message to sender\r\n"
         "X-Failed-Recipients: bo@y.example\r\n\r\nThis message was created automatically.\r\n"
         "    mailbox is full\r\n", ReportKind.FAILED, "bo@y.example"),
        ("Subject: Warning: message delayed 24 hours\r\n\r\nYour message has not yet been delivered"
         "\r\nto bo@y.example. You do not need to resend it.\r\n"
         "421 4.4.1 timed out\r\n", ReportKind.DELAYED, "bo@y.example"),
        ("Subject: Successful Mail Delivery Report\r\n\r\nYour message was successfully delivered "
         "to the destination.\r\n<bo@y.example>: delivery via mx: 250 2.1.5 Ok\r\n",
         ReportKind.RELAYED, "bo@y.example"),
    ],
)  # fmt: skip
def test_case_14_reports_that_are_no_multipart_report(text, kind, address):
    report = read(f"{DAEMON}{text}".encode()).report

    assert report
    assert report.kind is kind
    assert report.recipients[0].address == address


def test_case_14_a_read_receipt():
    raw = (
        "From: b@y.example\r\nSubject: Read: Car\r\nContent-Type: multipart/report; boundary=b; "
        "report-type=disposition-notification\r\n\r\n--b\r\n\r\nRead.\r\n--b\r\n"
        "Content-Type: message/disposition-notification\r\n\r\n"
        "Final-Recipient: rfc822;b@y.example\r\n"
        "Original-Message-ID: <ours@helpdesk.example>\r\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\r\n--b--"
    )
    report = read(raw.encode()).report

    assert report
    assert (report.kind, report.message_id) == (ReportKind.READ, "ours@helpdesk.example")


def test_case_14_an_abuse_report():
    raw = (
        "From: fbl@isp.example\r\nSubject: x\r\nContent-Type: multipart/report; boundary=b; "
        "report-type=feedback-report\r\n\r\n--b\r\n\r\nAbuse.\r\n--b\r\n"
        "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
        "Original-Rcpt-To: <bo@y.example>\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        "Message-ID: <ours@helpdesk.example>\r\n\r\nHi\r\n--b--"
    )
    report = read(raw.encode()).report

    assert report
    assert (report.kind, report.message_id) == (ReportKind.ABUSE, "ours@helpdesk.example")
    assert report.recipients[0].address == "bo@y.example"


@pytest.mark.parametrize(
    "raw",
    [
        "From: a@x.example\r\nReturn-Path: <>\r\nSubject: My car\r\n\r\nWhere is it?",
        "From: a@x.example\r\nSubject: Undelivered Mail\r\n\r\n550 5.1.1 see this",
        "From: a@x.example\r\nSubject: Delivery failed\r\n\r\nThe delivery of my car failed.",
        "From: postmaster@x.example\r\nSubject: A problem\r\n\r\nMy car has 550 horses.",
        "From: no-reply@x.example\r\nSubject: Delivery of order 7\r\n\r\nIt costs 550 EUR.",
        "From: a@x.example\r\nSubject: Out of office\r\n\r\nI am away, how do I set this up?",
        "From: a@x.example\r\nAuto-Submitted: no\r\nSubject: x\r\n\r\nHello",
        "From: a@x.example\r\nAuto-Submitted: no (a person)\r\nSubject: x\r\n\r\nHello",
        "From: a@x.example\r\nPrecedence: list\r\nList-Id: <l.x.example>\r\n\r\nHello",
        "From: a@x.example\r\nPrecedence: normal\r\nSubject: x\r\n\r\nHello",
    ],
)
def test_case_15_what_a_person_wrote_is_a_persons(raw):
    message = read(raw.encode())

    assert message.automatic is Automatic.NO
    assert message.report is None


@pytest.mark.parametrize(
    ("header", "automatic"),
    [
        ("Auto-Submitted: auto-replied", Automatic.AUTO_REPLY),
        ("Auto-Submitted: auto-generated; owner=x", Automatic.AUTO_REPLY),
        ("X-Auto-Response-Suppress: All", Automatic.AUTO_REPLY),
        ("X-Autoreply: yes", Automatic.AUTO_REPLY),
        ("Precedence: auto_reply", Automatic.AUTO_REPLY),
        ("Precedence: bulk", Automatic.BULK),
        ("Precedence: Junk", Automatic.BULK),
        ("Return-Path: <>\r\nSubject: Abwesenheitsnotiz: Auto", Automatic.AUTO_REPLY),
        ("Precedence: bulk\r\nSubject: Out of Office: x", Automatic.AUTO_REPLY),
    ],
)
def test_automatic_mail(header, automatic):
    assert read(f"From: a@x.example\r\n{header}\r\n\r\nI am away".encode()).automatic is automatic


@pytest.mark.parametrize("header", ["List-Id: <l.x.example>", "Precedence: list"])
def test_lists(header):
    assert read(f"From: a@x.example\r\n{header}\r\n\r\nHello".encode()).from_list
