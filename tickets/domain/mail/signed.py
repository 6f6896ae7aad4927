"""The desk's signed reply addresses and Message-IDs, which nobody can forge.

Both name a ticket and have a signature (MAC) that binds them to one recipient:
`support+42.k3v…@example.com` means "Giulia may write to ticket 42" and is worthless to anybody
else. Mail servers and people change the case of addresses, so the signature uses letters without
case.
"""

import hmac
import re
from base64 import b32encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

MAC_LETTERS = 20
"""100 bits. An address has 64 characters before the @, and mailboxes have names too."""
LINE_LETTERS = 10
"""Of a message's id as an envelope address names it: when it was written. The mac covers all."""
_MAC = rf"[a-z2-7]{{{MAC_LETTERS}}}"
_DETAIL = re.compile(rf"(?P<ticket>[0-9]{{1,12}})(?:\.s(?P<side>[0-9]{{1,3}}))?\.(?P<mac>{_MAC})")
_LETTER = re.compile(
    rf"ticket-(?P<ticket>[0-9]{{1,12}})\.(?P<line>[0-9a-z]{{26}})\.(?P<mac>{_MAC})@", re.IGNORECASE
)
_BOUNCE = re.compile(
    rf"b(?P<ticket>[0-9]{{1,12}})\.(?P<line>[0-9a-z]{{{LINE_LETTERS}}})\.(?P<mac>{_MAC})"
)
_ANSWER, _LINE, _ENVELOPE = "answer", "message-id", "envelope"


@dataclass(frozen=True, slots=True)
class Claim:
    """The ticket that an address or id names, with its signature.

    `line` is the message that it was made for, or how its id begins; `side_thread` the number of
    the conversation with a third party.
    """

    ticket_id: str
    kind: str
    mac: str
    line: str = ""
    side_thread: str = ""


@dataclass(frozen=True, slots=True)
class Signer:
    """Makes and checks signed addresses. The first key signs; all keys are accepted."""

    keys: Sequence[bytes]

    def reply_address(
        self, mailbox: str, ticket_id: str, *, recipient: str, side_thread: str = ""
    ) -> str:
        """Return the address at which `recipient` replies to a ticket."""
        claim = Claim(ticket_id, _ANSWER, "", side_thread=side_thread)
        side = f".s{side_thread}" if side_thread else ""
        return _with_detail(mailbox, f"{ticket_id}{side}.{self._mac(claim, recipient)}")

    def message_id(self, domain: str, ticket_id: str, line: str, *, recipient: str) -> str:
        """Return the Message-ID of one message to one recipient, in angle brackets."""
        line = line.lower()
        mac = self._mac(Claim(ticket_id, _LINE, "", line), recipient)
        return f"<ticket-{ticket_id}.{line}.{mac}@{domain}>"

    def envelope_address(self, mailbox: str, ticket_id: str, line: str, *, recipient: str) -> str:
        """Return the envelope sender, which gets reports about one message to one recipient."""
        line = line.lower()
        mac = self._mac(Claim(ticket_id, _ENVELOPE, "", line), recipient)
        return _with_detail(mailbox, f"b{ticket_id}.{line[:LINE_LETTERS]}.{mac}")

    def proves(self, claim: Claim, recipient: str) -> bool:
        """Return whether the desk signed the claim for this recipient."""
        return any(
            hmac.compare_digest(claim.mac, self._mac(claim, recipient, key)) for key in self.keys
        )

    def recipient_of(self, claim: Claim, recipients: Iterable[str]) -> str | None:
        """Return for which of these recipients the desk signed the claim; None if for none."""
        return next((one for one in recipients if self.proves(claim, one)), None)

    def _mac(self, claim: Claim, recipient: str, key: bytes | None = None) -> str:
        said = "\0".join(
            (claim.kind, claim.ticket_id, claim.line, claim.side_thread, recipient.casefold())
        )
        made = hmac.new(key or self.keys[0], said.encode(), sha256).digest()
        return b32encode(made).decode().lower()[:MAC_LETTERS]


def claim_of_address(address: str, mailboxes: Iterable[str]) -> Claim | None:
    """Return the claim of an address of one of these mailboxes; None for any other address."""
    detail = _detail(address, mailboxes)
    found = _DETAIL.fullmatch(detail) if detail else None
    if found is None:
        return None
    return Claim(found["ticket"], _ANSWER, found["mac"], side_thread=found["side"] or "")


def claim_of_envelope(address: str, mailboxes: Iterable[str]) -> Claim | None:
    """Return the claim of an envelope address, which says which message a report is about."""
    detail = _detail(address, mailboxes)
    found = _BOUNCE.fullmatch(detail) if detail else None
    return Claim(found["ticket"], _ENVELOPE, found["mac"], found["line"]) if found else None


def claim_of_message_id(message_id: str) -> Claim | None:
    """Return the claim of a Message-ID, with or without angle brackets; None for a foreign one.

    Its domain is ignored: relays that rewrite it keep the part before.
    """
    found = _LETTER.match(message_id.strip().strip("<>"))
    if found is None:
        return None
    return Claim(found["ticket"], _LINE, found["mac"].lower(), found["line"].lower())


def without_detail(address: str) -> str:
    """Return an address without the part after its plus sign."""
    local, _at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _with_detail(mailbox: str, detail: str) -> str:
    local, _at, domain = mailbox.rpartition("@")
    return f"{local}+{detail}@{domain}"


def _detail(address: str, mailboxes: Iterable[str]) -> str:
    lowered = address.strip().lower()
    if without_detail(lowered) not in {one.lower() for one in mailboxes}:
        return ""
    return lowered.rpartition("@")[0].partition("+")[2]
