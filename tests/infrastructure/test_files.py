"""What each role does with the files of a bucket: by this it holds its rights there."""

import pytest
from boto3.s3.transfer import TransferConfig
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from helpdesk.tasks import send_mail
from tests.aws_rights import ADMINISTRATION, WEB, WORKER, _calls
from tests.conftest import BUCKET as NAME
from tests.email.conftest import SUPPORT, raw
from tests.email.test_files import file, with_files
from tests.world import log_of
from tickets.models import Mailbox
from tickets.services.conversation import attachments
from tickets.services.conversation.communicate import respond
from tickets.services.customer_records.merge_and_erase import start_erasure
from tickets.tasks import dispatch_events, resume_records

FILES_RIGHTS = {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"}


@pytest.fixture
def in_one_thread(bucket, settings):
    """boto3 sends files in threads of its own, whose stack does not say whose call it is."""
    settings.AWS_S3_TRANSFER_CONFIG = TransferConfig(use_threads=False)
    Mailbox.objects.create(name="support", address=SUPPORT, sender_name="ACME Shipping")
    return bucket


def used(role):
    return {use.action for whose, use in _calls if whose == role and use.action.startswith("s3:")}


def names(bucket):
    return [one["Key"] for one in bucket.list_objects_v2(Bucket=NAME).get("Contents", ())]


def test_the_web_keeps_gives_out_and_removes_files(desk, rep_client, in_one_thread, monkeypatch):
    ticket = desk.ticket().ticket_id
    url = reverse("ticket_reply", args=[ticket])
    rep_client.post(
        url, {"content": "See this.", "files": SimpleUploadedFile("a.txt", b"abc", "text/plain")}
    )
    [line] = [line for line in log_of(ticket) if line.attachments]
    given = rep_client.get(f"/tickets/{ticket}/files/{line.communication_id}/0/")
    assert b"".join(given.streaming_content) == b"abc"
    before = names(in_one_thread)

    def fails(*_args, **_more):
        raise RuntimeError("the write failed")

    monkeypatch.setattr("tickets.web.actions.communicate.respond", fails)
    with pytest.raises(RuntimeError, match="the write failed"):
        rep_client.post(
            url, {"content": "This too.", "files": SimpleUploadedFile("b.txt", b"b", "text/plain")}
        )
    assert names(in_one_thread) == before

    assert used(WEB) == FILES_RIGHTS


def test_workers_keep_mail_send_files_and_erase_them(
    desk, in_one_thread, mailoutbox, tmp_path, django_capture_on_commit_callbacks
):
    (tmp_path / "a.eml").write_bytes(raw(**with_files(file("car.pdf", b"a car"))))
    call_command("receive_mail", str(tmp_path / "a.eml"))
    ticket = desk.ticket().ticket_id
    uploaded = SimpleUploadedFile("manifest.txt", b"all of it", "text/plain")
    with attachments.kept(ticket, [uploaded]) as stored:
        respond(ticket, content="Here it is.", attachments=stored, by=desk.rep)
    dispatch_events()
    send_mail()
    assert b"all of it" in mailoutbox[-1].message().as_bytes() or mailoutbox[-1].attachments

    job = start_erasure(desk.customer.customer_id, by=desk.supervisor)
    type(job).objects.filter(pk=job.pk).update(asked_at=job.asked_at.replace(year=2020))
    resume_records()
    assert names(in_one_thread) == []

    assert used(WORKER) == FILES_RIGHTS


def test_administration_imports_mail_and_misses_lost_files(
    desk, in_one_thread, tmp_path, monkeypatch
):
    (tmp_path / "a.eml").write_bytes(
        b"Received: from a by b; Mon, 2 Nov 2026 11:00:00 +0000\r\n"
        + raw(**with_files(file("car.pdf", b"a car")))
    )
    call_command("import_mail", str(tmp_path))
    assert len(names(in_one_thread)) == 2
    for name in names(in_one_thread):
        in_one_thread.delete_object(Bucket=NAME, Key=name)
    with pytest.raises(SystemExit):
        call_command("verify_tickets")

    assert used(ADMINISTRATION) == FILES_RIGHTS - {"s3:DeleteObject"}
