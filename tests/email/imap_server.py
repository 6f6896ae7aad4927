"""A real IMAP server (pymap, its messages in memory) in a thread, behind a line that a test can
meddle with: it may answer a command itself, break, or leave out what the server can do."""

import asyncio
import re
import socket
import threading
from argparse import Namespace
from contextlib import suppress
from datetime import UTC, datetime

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import DictBackend
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Seen
from pysasl.hashing import BuiltinHash

USER, PASSWORD = "support@desk.example", "open sesame"


class ImapServer:
    """One account with folders.

    `meddle` gets each line of a client without its tag, and returns None to hand it on, lines to
    answer it with ({tag} is filled in, and {last} with the tag of the last command), LOGIN to hand
    on that instead, or BREAK. `line` is the whole line. With `tls`, an SSL context, clients speak
    to the server itself, and there is nothing to meddle with.
    """

    BREAK, LOGIN = b"break", b"login"

    def __init__(self, *, without=(), tls=None):
        self.meddle = lambda line: None
        self.heard, self.line = [], b""
        self._without = [word.encode() for word in without]
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._turning = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._turning.start()
        self._listener, self._lines = None, set()
        self._behind, self._config = self._ask(self._started())
        self.port = self._behind if tls else 0
        if not tls:
            self.start()

    async def _started(self):
        options = {"passlib_cfg": None, "proxy_protocol": None, "inherited_sockets": None}
        account = {"demo_data": False, "demo_user": USER, "demo_password": PASSWORD}
        args = Namespace(
            host="127.0.0.1", port=0, debug=False, cert=None, key=None, tls=False,
            **options, **account,
        )  # fmt: skip
        backend, config = await DictBackend.init(
            args, invalid_user_sleep=0, hash_context=BuiltinHash(rounds=1)
        )
        config.set_cache[USER] = MailboxSet(), FilterSet()
        server = IMAPServer(backend.login, config)
        reader = ProxyProtocolReader(config.proxy_protocol)
        listening = await asyncio.start_server(
            reader.get_callback(server), "127.0.0.1", 0, ssl=self._tls
        )
        return listening.sockets[0].getsockname()[1], config

    def _ask(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    # -------------------------------------------------------------- the account, from behind
    async def _folder(self, name):
        folders, _filters = self._config.set_cache[USER]
        if name not in [entry.name for entry in (await folders.list_mailboxes()).list()]:
            await folders.add_mailbox(name)
        return await folders.get_mailbox(name)

    def folder(self, name="INBOX"):
        return self._ask(self._folder(name))

    def deliver(self, raw, *, folder="INBOX", at=None):
        """Put a message into a folder; return its UID."""

        async def deliver():
            message = AppendMessage(raw, at or datetime.now(UTC), frozenset())
            return (await (await self._folder(folder)).append(message)).uid

        return self._ask(deliver())

    def seen(self, folder="INBOX"):
        """The UIDs of messages that somebody has read."""
        found = self.folder(folder)._messages
        return [uid for uid, message in found.items() if Seen in message.permanent_flags]

    def read_in_webmail(self, uid, folder="INBOX"):
        found = self.folder(folder)._messages[uid]
        found.permanent_flags = frozenset({*found.permanent_flags, Seen})

    def delete(self, *uids, folder="INBOX"):
        async def delete():
            await (await self._folder(folder)).delete(uids)

        self._ask(delete())

    def renumber(self, *, folder="INBOX", order=sorted):
        """Number a folder's messages anew from 1, in some order: as after a restored backup."""

        async def renumber():
            found = await self._folder(folder)
            messages = [found._messages[uid] for uid in order(found._messages)]
            found._uid_validity += 1
            found._messages = {
                uid: type(message).copy(message, uid=uid)
                for uid, message in enumerate(messages, start=1)
            }
            found._max_uid = len(messages)
            found._mod_sequences.update(found._messages)

        self._ask(renumber())

    # -------------------------------------------------------------- the line in front of it
    def start(self):
        """Listen, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self):
        """Be gone: every line breaks, and nobody listens."""
        if self._listener:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self.hang_up()

    def hang_up(self):
        """Break every line."""
        for line in list(self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self):
        """Stop, and see every conversation to its end: one left open is destroyed later, amid the
        test of somebody else."""
        self.stop()
        self._ask(self._all_ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._turning.join(10)
        self._loop.close()

    async def _all_ended(self):
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def commands(self, name):
        return [line for line in self.heard if name.encode() in line.upper()]

    def _accept(self, listener):
        while True:
            try:
                client, _address = listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._behind))
            for end in (client, server):  # each line at once, not with what may follow
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._lines |= {client, server}
            for work in (self._there, self._back):
                threading.Thread(target=work, args=(client, server), daemon=True).start()

    def _there(self, client, server):
        """From the client to the server, line by line."""
        last = b""
        with suppress(OSError, ValueError), client.makefile("rb") as lines:
            for line in lines:
                tag, _space, command = line.rstrip(b"\r\n").partition(b" ")
                self.heard.append(command)
                self.line = line.strip()
                answer = self.meddle(command)
                last = tag if command else last
                if answer == self.BREAK:
                    break
                if answer is None:
                    server.sendall(line)
                elif answer == self.LOGIN:
                    server.sendall(last + f' LOGIN {USER} "{PASSWORD}"\r\n'.encode())
                else:
                    client.sendall(answer.replace(b"{tag}", tag).replace(b"{last}", last))
        self._drop(client, server)

    def _back(self, client, server):
        with suppress(OSError, ValueError):
            while piece := server.recv(65_536):
                for word in self._without:
                    piece = re.sub(rb"(CAPABILITY[^\r\n]*?) " + word, rb"\1", piece)
                client.sendall(piece)
        self._drop(client, server)

    def _drop(self, *lines):
        for line in lines:
            self._lines.discard(line)
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
