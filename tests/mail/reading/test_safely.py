"""Mail that does harm ends a child process, and nothing else."""

import io
import os
import pickle
import re
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from helpdesk.mail.reading import Unreadable, child, read, read_safely, safely
from helpdesk.mail.reading.message import Automatic, ReadMessage

ROOT = Path(__file__).parents[3]
MAIL = b"From: a@x.example\r\nMessage-ID: <1@x.example>\r\n\r\nHello"


@pytest.fixture
def reader(monkeypatch):
    """A reader of its own, whose child does what the mail says."""
    found = safely._Reader()
    yield found
    found.close()


def obeying(monkeypatch) -> None:
    """Children that do as a mail of one of these words says."""
    script = (
        "import helpdesk.mail.reading.child as child\n"
        "from helpdesk.mail.reading import read as right\n"
        "child.PROCESSOR_SECONDS = 1\n"
        "def read(raw):\n"
        "    if raw == b'spin':\n"
        "        while True: pass\n"
        "    if raw == b'eat':\n"
        "        return bytearray(600 * 2**20)\n"
        "    if raw == b'fault':\n"
        "        import helpdesk.mail.reading.reader as reading\n"
        "        reading.parse = None\n"
        "    if raw == b'take over':\n"
        "        return type('Bad', (), {'__reduce__': lambda self: (print, ('over',))})()\n"
        "    if raw == b'die':\n"
        "        import os; os._exit(3)\n"
        "    return right(raw)\n"
        "child.read = read\n"
        "child.main()\n"
    )
    start = subprocess.Popen

    def popen(arguments, **more):
        return start([sys.executable, "-c", script], **more)

    monkeypatch.setattr(subprocess, "Popen", popen)


def test_it_reads_as_reading_in_this_process_does():
    assert read_safely(MAIL) == read(MAIL)
    assert read_safely(b"") == read(b"")
    assert read_safely(b"a" * 3_000_000) == read(b"a" * 3_000_000)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        (b"spin", Unreadable.TOO_SLOW),
        (b"eat", Unreadable.TOO_LARGE),
        (b"die", Unreadable.CRASHED),
        (b"take over", Unreadable.CRASHED),
    ],
)
def test_what_does_harm_is_unreadable_and_the_next_mail_is_read(monkeypatch, reader, word, reason):
    obeying(monkeypatch)

    with pytest.raises(Unreadable, match=reason):
        reader.read(word)

    assert reader.read(MAIL) == read(MAIL)


class Named:
    """Pickled as Python before 3.11.4 pickles a member of an enumeration: by `getattr`."""

    def __init__(self, owner, name):
        self.owner, self.name = owner, name

    def __reduce__(self):
        return getattr, (self.owner, self.name)


def test_a_member_of_an_enumeration_is_read_however_it_is_named_and_nothing_else():
    def loaded(value):
        return safely._Values(io.BytesIO(pickle.dumps(value))).load()

    for member in Automatic:
        assert loaded(member) is member
        assert loaded(Named(Automatic, member.name)) is member
    for owner, name in ((ReadMessage, "__init__"), (Automatic, "__class__")):
        with pytest.raises(pickle.UnpicklingError):
            loaded(Named(owner, name))


def test_a_fault_of_ours_is_told_with_its_place_and_without_words_of_the_mail(monkeypatch, reader):
    obeying(monkeypatch)

    with pytest.raises(Unreadable, match=Unreadable.FAULT) as raised:
        reader.read(b"fault")

    assert re.fullmatch(r"TypeError at reader\.py:\d+", raised.value.where)


def test_the_limits_are_those_of_the_contract():
    assert child.PROCESSOR_SECONDS == 5
    assert child.MEMORY == 512 * 2**20


def test_a_child_that_died_in_the_meantime_is_replaced(reader):
    reader.read(MAIL)
    reader._child.kill()
    reader._child.wait()

    assert reader.read(MAIL) == read(MAIL)


def test_one_child_reads_many_mails(reader):
    reader.read(MAIL)
    first = reader._child
    reader.read(MAIL)

    assert reader._child is first


def test_a_child_is_replaced_after_many_mails(monkeypatch, reader):
    monkeypatch.setattr(safely, "_MOST_READ", 2)
    reader.read(MAIL)
    first = reader._child
    reader.read(MAIL)
    reader.read(MAIL)

    assert reader._child is not first
    assert first.returncode == 0


def test_threads_each_have_the_answer_to_their_mail():
    wrong = []

    def run(number: int) -> None:
        for _time in range(10):
            message = read_safely(f"From: a{number}@x.example\r\n\r\n{number}".encode())
            if message.text != str(number):
                wrong.append(message)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


FORK = """
import os, sys
from helpdesk.mail.reading import read_safely, safely
first = read_safely(b"From: a@x.example\\r\\n\\r\\nparent")
theirs = safely._reader._child.pid
pid = os.fork()
if pid == 0:
    same = read_safely(b"From: a@x.example\\r\\n\\r\\nchild").text == "child"
    os._exit(0 if same and safely._reader._child.pid != theirs else 1)
status = os.waitpid(pid, 0)[1]
again = read_safely(b"From: a@x.example\\r\\n\\r\\nparent").text == "parent"
sys.exit(0 if status == 0 and again and safely._reader._child.pid == theirs else 1)
"""


def test_a_process_that_was_forked_has_a_child_of_its_own():
    assert subprocess.run([sys.executable, "-c", FORK], cwd=ROOT, timeout=60).returncode == 0


PARENT = """
import os, sys
from helpdesk.mail.reading import read_safely, safely
read_safely(b"From: a@x.example\\r\\n\\r\\nHello")
if os.fork() == 0:
    sys.stdin.read()  # lives on, as another worker of the same parent does
    os._exit(0)
print(safely._reader._child.pid, flush=True)
sys.stdin.read()
"""


def test_a_child_ends_with_its_parent_even_if_that_was_forked_and_killed():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    pid = int(parent.stdout.readline())
    ended = os.pidfd_open(pid)

    parent.send_signal(signal.SIGKILL)
    parent.wait()

    assert select.select([ended], [], [], 30)[0]
    os.close(ended)
    parent.stdin.close()
    parent.stdout.close()


def test_the_child_knows_no_secrets(monkeypatch, reader):
    monkeypatch.setenv("SECRET_KEY", "x")
    reader.read(MAIL)

    assert b"SECRET_KEY" not in Path(f"/proc/{reader._child.pid}/environ").read_bytes()
