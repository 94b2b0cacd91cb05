"""A company's certificate authority, and TLS in front of a sandbox with a certificate that it issued."""

import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from learnermax_cli.config.sandbox_state import STATE_FILE
from tests.running import Sandbox


class Authority:
    """An authority, made anew: `path` is its certificate, a PEM file."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._common_name = f"Example Company {name}"
        self._name = _named(self._common_name)
        self.path = folder / f"{name}.pem"
        builder = _builder(self._name, self._name, self._key, self._key).add_extension(
            x509.KeyUsage(False, False, False, False, False, True, True, False, False),
            critical=True,
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.path.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def folder(self, path: Path) -> Path:
        """Put the certificate alone into a folder, under the name by which OpenSSL finds it; return the folder."""
        path.mkdir()
        # The SHA-1 of the name in lower case, without its outer header [OpenSSL, X509_NAME_hash].
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._common_name.lower())]).public_bytes()[2:]
        hashed = int.from_bytes(hashlib.sha1(name, usedforsecurity=False).digest()[:4], "little")
        (path / f"{hashed:08x}.0").write_bytes(self.path.read_bytes())
        return path

    def context(self, *hosts: str, expired: bool = False) -> ssl.SSLContext:
        """Return a server's context with a certificate for 127.0.0.1 and hosts."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), *map(x509.DNSName, hosts)])
        age = timedelta(days=2 if expired else 0)
        builder = _builder(_named("127.0.0.1"), self._name, key, self._key, age).add_extension(names, critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        path = self.path.with_suffix(".server.pem")
        path.write_bytes(
            builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
            + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    age: timedelta = timedelta(),
) -> x509.CertificateBuilder:
    now = datetime.now(UTC) - age
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


class Listener:
    """Takes connections on `port` of this machine and serves each in a thread, from when it is made."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        raise NotImplementedError


class Relay(Listener):
    """Takes TLS connections and passes what they carry on to a port of this machine."""

    def __init__(self, context: ssl.SSLContext, url: str) -> None:
        self._target = urlsplit(url).port
        self._context = context
        super().__init__()
        self.url = f"https://127.0.0.1:{self.port}"

    def _serve(self, connection: socket.socket) -> None:
        with (
            suppress(OSError),
            self._context.wrap_socket(connection, server_side=True) as near,
            socket.create_connection(("127.0.0.1", self._target or 0)) as far,
        ):
            pass_on_both(near, far)


def pass_on_both(near: socket.socket, far: socket.socket) -> None:
    """Pass on what comes from either side, until both have ended."""
    back = threading.Thread(target=_pass_on, args=(far, near), daemon=True)
    back.start()
    _pass_on(near, far)
    back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while received := source.recv(65536):
            target.sendall(received)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def behind_tls(
    sandbox: Sandbox,
    authority: Authority,
    home: Path,
    services: tuple[str, ...] = ("aws", "stripe"),
    *,
    expired: bool = False,
) -> Iterator[dict[str, str]]:
    """Put TLS in front of services of a sandbox; yields the variables with which lmx goes through it."""
    context, plain = authority.context(expired=expired), sandbox.info
    urls = {"aws": plain.aws_url, "stripe": plain.stripe_url}
    relays = {service: Relay(context, urls[service]) for service in services}
    urls |= {service: relay.url for service, relay in relays.items()}
    info = replace(plain, aws_url=urls["aws"], stripe_url=urls["stripe"])
    home.mkdir(exist_ok=True)
    (home / STATE_FILE).write_text(json.dumps(asdict(info)))
    yield {"LMX_SANDBOX_HOME": str(home), **info.environment()}
    for relay in relays.values():
        relay.close()
