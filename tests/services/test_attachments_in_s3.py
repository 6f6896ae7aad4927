"""Attachments in a bucket of S3 are kept, given out, copied, missed and removed as in a folder."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk.errors import NotFound
from tests.conftest import BUCKET
from tests.world import after, log_of, settle
from tickets.services.conversation import attachments
from tickets.services.conversation.attachments import kept
from tickets.services.conversation.communicate import respond
from tickets.services.maintenance.verify import verify


def in_bucket(client):
    found = client.list_objects_v2(Bucket=BUCKET)
    return sorted(one["Key"] for one in found.get("Contents", ()))


def answer(desk, *files):
    ticket = desk.ticket().ticket_id
    with kept(ticket, list(files)) as stored:
        respond(ticket, content="Here it is.", attachments=stored, by=desk.rep, now=after(hours=1))
    [line] = [line for line in log_of(ticket) if line.attachments]
    return ticket, line


def test_a_file_goes_into_the_bucket_and_comes_back_as_it_was(desk, bucket, rep_client):
    content = b"%PDF" + bytes(range(256)) * 5_000
    ticket, line = answer(desk, SimpleUploadedFile("manifest.pdf", content, "application/pdf"))

    assert in_bucket(bucket) == [line.attachments[0].file_id]
    page = rep_client.get(f"/tickets/{ticket}/files/{line.communication_id}/0/")
    assert b"".join(page.streaming_content) == content
    assert "manifest.pdf" in page["Content-Disposition"]


def test_what_was_not_written_leaves_no_file(desk, bucket):
    ticket = desk.ticket().ticket_id
    held = []

    def fails():
        with kept(ticket, [SimpleUploadedFile("a.txt", b"abc", "text/plain")]):
            held.extend(in_bucket(bucket))
            raise RuntimeError("the write failed")

    with pytest.raises(RuntimeError):
        fails()

    assert len(held) == 1
    assert in_bucket(bucket) == []


def test_a_lost_file_is_said_to_be_lost_and_is_a_drift(desk, bucket):
    ticket, line = answer(desk, SimpleUploadedFile("a.txt", b"abc", "text/plain"))
    [file] = line.attachments
    settle()
    assert list(verify([ticket])) == []
    bucket.delete_object(Bucket=BUCKET, Key=file.file_id)

    with pytest.raises(NotFound, match="is no longer available"):
        attachments.opened(file)
    assert [drift.what for drift in verify([ticket])] == [
        f"attachments: the file {file.file_id} is not there"
    ]


def test_a_copy_is_a_file_of_its_own_and_forgetting_takes_all_of_a_ticket(desk, bucket):
    ticket, line = answer(desk, SimpleUploadedFile("a.txt", b"abc", "text/plain"))
    other = desk.ticket().ticket_id
    with attachments.copied(other, line.attachments) as copies:
        pass
    assert len(in_bucket(bucket)) == 2

    attachments.forget_all(ticket)
    attachments.forget_all(ticket)

    assert in_bucket(bucket) == [copies[0].file_id]
    with attachments.opened(copies[0]) as content:
        assert content.read() == b"abc"
