"""A mail server that misbehaves as it is told, on a real socket."""

import socketserver
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes


class SmtpServer(socketserver.ThreadingTCPServer):
    """Keeps what it takes in `taken`: (recipients, message)."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Conversation)
        self.taken = []
        self.senders = []  # the address of each MAIL FROM
        self.connections = 0
        self.refused = {}  # recipient → answer to RCPT
        self.after_data = None  # answer to the whole message; "" drops the connection
        self.before_data = None  # answer to DATA; "" drops the connection
        self.logins = None  # "user token" that may send by XOAUTH2; None: everybody may
        self.heard_logins = []
        self.silent = threading.Event()  # accepts, and says nothing
        self.done = threading.Event()

    @property
    def port(self) -> int:
        return self.server_address[1]


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        server.connections += 1
        if server.silent.is_set():
            server.done.wait(60)
            return
        self.say("220 test")
        recipients = []
        known = server.logins is None
        while line := self.rfile.readline():
            words = line.decode().strip()
            verb = words[:4].upper()
            if verb == "EHLO":
                self.say("250-test\r\n250-AUTH XOAUTH2\r\n250 SIZE 30000000")
            elif verb == "AUTH":
                known = self.log_in(words.split()[2])
            elif verb == "MAIL" and not known:
                self.say("530 5.7.57 Client not authenticated to send mail")
            elif verb == "MAIL":
                recipients = []
                server.senders.append(words.partition("<")[2].partition(">")[0])
                self.say("250 ok")
            elif verb == "RCPT":
                recipient = words.partition("<")[2].partition(">")[0]
                answer = server.refused.get(recipient, "250 ok")
                if answer.startswith("250"):
                    recipients.append(recipient)
                self.say(answer)
            elif verb == "DATA":
                if server.before_data == "":
                    return
                self.say(server.before_data or "354 go on")
                if server.before_data:
                    continue
                lines = iter(self.rfile.readline, b".\r\n")
                message = b"".join(line[line.startswith(b".") :] for line in lines)
                if server.after_data == "":
                    return
                if server.after_data is None:
                    server.taken.append((recipients, message_from_bytes(message)))
                self.say(server.after_data or "250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def log_in(self, words: str) -> bool:
        """As Google and Microsoft do: an empty line answers the challenge that says why not."""
        user, bearer, *_end = b64decode(words).decode().split("\1")
        login = f"{user.removeprefix('user=')} {bearer.removeprefix('auth=Bearer ')}"
        self.server.heard_logins.append(login)
        if login in (self.server.logins or ()):
            self.say("235 2.7.0 Accepted")
            return True
        self.say("334 " + b64encode(b'{"status":"400"}').decode())
        self.rfile.readline()
        self.say("535 5.7.8 Username and Password not accepted")
        return False

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())
        self.wfile.flush()


@contextmanager
def running(port: int = 0) -> Iterator[SmtpServer]:
    with SmtpServer(port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.done.set()
            server.shutdown()
            thread.join()
