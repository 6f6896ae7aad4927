"""A mailbox is fetched by TLS from a server whose name and certificate are right."""

import ssl
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from helpdesk.clock import this_second
from tests.email.conftest import raw
from tests.email.imap_server import PASSWORD, USER, ImapServer
from tests.world import stored
from tickets.domain.mail.fetching import Problem
from tickets.services.email.fetching.fetch import Fetcher
from tickets.services.email.fetching.imap import Unfetchable
from tickets.store import queries


def certificate(name, *, key, issuer, issuers_key, ca=False):
    """A certificate of `name`, for today."""

    def named(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    written = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(this_second() - timedelta(days=1))
        .not_valid_after(this_second() + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        written = written.add_extension(names, critical=False)
    return written.sign(issuers_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def authority(tmp_path):
    """The company's own authority, as a file, and a server's context with a certificate of it for
    `localhost`."""
    own, servers = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    file = tmp_path / "authority.pem"
    file.write_bytes(
        certificate("Our authority", key=own, issuer="Our authority", issuers_key=own, ca=True)
    )
    chain = tmp_path / "server.pem"
    chain.write_bytes(
        servers.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate("localhost", key=servers, issuer="Our authority", issuers_key=own)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return file, context


@pytest.fixture
def server(authority):
    found = ImapServer(tls=authority[1])
    yield found
    found.close()


@pytest.fixture
def secured(mailbox, server):
    mailbox.imap_host, mailbox.imap_port = "localhost", server.port
    mailbox.imap_user, mailbox.imap_secret = USER, PASSWORD
    mailbox.save()
    return mailbox


def test_a_server_with_a_certificate_of_a_known_authority_is_fetched(
    desk, secured, server, authority, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[0]))
    assert Fetcher(secured).once() == 0
    server.deliver(raw())

    assert Fetcher(secured).once() == 1

    [(ticket, _log)] = queries.every_ticket()
    assert stored(ticket.ticket_id).subject == "Where is my car?"


def test_a_server_of_another_name_is_refused(desk, secured, authority, monkeypatch):
    """Its certificate is good, and for somebody else: it may be the one in between."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[0]))
    secured.imap_host = "127.0.0.1"

    with pytest.raises(Unfetchable) as refused:
        Fetcher(secured).once()

    assert refused.value.problem is Problem.CERTIFICATE
    assert "127.0.0.1" in refused.value.detail


def test_a_certificate_of_an_authority_that_nobody_knows_is_refused(desk, secured):
    with pytest.raises(Unfetchable) as refused:
        Fetcher(secured).once()

    assert refused.value.problem is Problem.CERTIFICATE
