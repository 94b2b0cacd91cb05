"""Which certificates are trusted: by the authorities that the environment names, else by certifi's and the system's."""

import os
import re
import ssl
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import certifi
from urllib3.util.ssl_ import create_urllib3_context
from urllib3.util.ssl_match_hostname import CertificateError

from learnermax_cli.core.errors import ConfigError, CredentialsError

_BUNDLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "AWS_CA_BUNDLE", "CURL_CA_BUNDLE")
_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")  # as OpenSSL looks authorities up in a folder [doc "openssl-rehash"]
_UNKNOWN_AUTHORITY = (2, 18, 19, 20, 21)  # [OpenSSL, x509_vfy.h]
_NOT_NOW = (9, 10)
# Whether a certificate was found to be trusted by the system's trust store alone, as those after it will be.
_system_needed = False


class UntrustedError(ssl.SSLError):
    """A certificate is not trusted."""

    def __init__(self, host: str, error: ssl.SSLCertVerificationError | CertificateError) -> None:
        code, why = getattr(error, "verify_code", None), getattr(error, "verify_message", None) or str(error)
        super().__init__(f"the certificate of {host} is not trusted: {why}")
        self.text = f"the certificate of {host} is not trusted: {why}"
        # macOS and Windows have numbers of their own, and are asked about unknown authorities alone.
        self.unknown_authority = code in _UNKNOWN_AUTHORITY or (isinstance(code, int) and code not in range(100))
        if self.unknown_authority:
            self.hint = (
                "Where a proxy of your company inspects TLS, add its CA certificate to the system's trust store, or "
                "name it, a PEM file, in REQUESTS_CA_BUNDLE; then run the command again."
            )
        elif code in _NOT_NOW:
            self.hint = "Check the clock of this machine; if it is right, the certificate must be renewed."
        else:
            self.hint = f"Check what answers as {host}: a proxy, or another server than the one that was meant."


class Trusting:
    """Mixed into an HTTPS connection of urllib3: decides what it trusts, whoever makes it.

    A certificate of an authority that certifi does not know is looked up in the system's trust store, which takes time
    to load. Whoever names authorities wants these alone.
    """

    sock: Any
    host: str
    ssl_context: ssl.SSLContext | None
    _tunnel_host: str | None
    _has_connected_to_proxy: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take over what the maker of the connection trusts: a file or a folder."""
        self._trusted = kwargs.pop("ca_cert_dir", None) or kwargs.pop("ca_certs", None) or certifi.where()
        super().__init__(*args, **{**kwargs, "ca_certs": None, "cert_reqs": "CERT_REQUIRED"})

    def connect(self) -> None:
        """Connect; raises UntrustedError."""
        global _system_needed  # noqa: PLW0603 - one for all connections of the process
        refusal: UntrustedError | None = None
        for context in _contexts(self._trusted):
            self._use(context)
            try:
                super().connect()  # type: ignore[misc]
            except (ssl.SSLCertVerificationError, CertificateError) as error:
                reached_proxy = self._tunnel_host and self._has_connected_to_proxy
                refusal = UntrustedError(str(self._tunnel_host) if reached_proxy else self.host, error)
                refusal.__cause__ = error
                if not refusal.unknown_authority:
                    break
            else:
                _system_needed = _system_needed or refusal is not None
                return
        assert refusal is not None
        raise refusal

    def _use(self, context: ssl.SSLContext) -> None:
        self.ssl_context = context
        proxy: Any = getattr(self, "proxy_config", None)
        if proxy is not None:
            self.proxy_config = proxy._replace(ssl_context=context)


def _contexts(trusted: str) -> Iterator[ssl.SSLContext]:
    named = [path for name in _BUNDLES if (path := os.environ.get(name))]
    if named or trusted != certifi.where() or not _system_needed:
        yield _context_of(tuple(dict.fromkeys((trusted, *named))))
    if not named and trusted == certifi.where():
        yield _system_context()


@cache
def _context_of(paths: tuple[str, ...]) -> ssl.SSLContext:
    """Return the one context of these files and folders: it takes 20 ms to read certifi's."""
    context = create_urllib3_context()
    for path in map(os.path.expanduser, paths):
        context.load_verify_locations(**{"capath" if Path(path).is_dir() else "cafile": path})
    return context


def _system_context() -> ssl.SSLContext:
    """Return a context of the system's trust store, for one connection: others would wait for its handshake."""
    import truststore

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certifi.where())
    return context


def require_key_log() -> None:
    """Raise CredentialsError where SSLKEYLOGFILE names what can't be written: no connection could be made."""
    path = os.path.expandvars(os.environ.get("SSLKEYLOGFILE", ""))
    if not path:
        return
    try:
        with Path(path).open("ab"):
            pass
    except OSError as error:
        # As all that keeps providers of credentials from their service.
        raise CredentialsError(
            f"SSLKEYLOGFILE names {path}, which can't be written: {error.strerror}",
            hint="Create its folder, or unset SSLKEYLOGFILE.",
            code="credentials.key_log",
        ) from error


def require_authorities(of_profile: str | None = None) -> None:
    """Raise ConfigError where a variable, or an AWS profile's `ca_bundle`, names what holds no authorities."""
    named = {name: path for name in _BUNDLES if (path := os.environ.get(name))}
    for name, path in {**named, "ca_bundle of the AWS profile": of_profile}.items():
        if not path:
            continue
        flaw, hint = None, f"Name a PEM file of certificates in {name}, or unset it."
        try:
            if Path(path).is_dir() and not any(map(_HASHED.fullmatch, os.listdir(path))):  # noqa: PTH208 - names alone
                flaw = "no file in this folder has a name that OpenSSL looks for"
                hint = f"Run `openssl rehash {path}`, or name a PEM file of certificates in {name}."
            _context_of((path,))
        except OSError as error:
            flaw = error.strerror or str(error)
        if flaw is not None:
            message = f"{name} names {path}, which can't be read as certificates: {flaw}"
            raise ConfigError(message, hint=hint, code="config.certificates")
