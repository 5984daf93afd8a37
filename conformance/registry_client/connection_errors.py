"""Why there was no HTTP answer, in Go's words.

Source: Go net (``OpError``, ``DNSError``), net/http (``ErrSchemeMismatch``), crypto/tls and crypto/x509
(``CertificateVerificationError``, ``UnknownAuthorityError``). What Go alone knows, a client's own port, is left out.
"""

import errno
import os
import re
import socket
import ssl
from urllib.parse import urlsplit

import aiohttp

from conformance.model.reason import Reason

_ADDRESS = re.compile(r"Connect call failed \('([^']+)', (\d+)")
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"})
_NOT_HTTPS = "http: server gave HTTP response to HTTPS client"
_EXPIRED, _NOT_YET, _OTHER_NAME, _OTHER_ADDRESS = 10, 9, 62, 64  # X509_V_ERR_… of OpenSSL


class TransportError(Exception):
    """A request that was not answered: which URL, why, and whether the connection was refused."""

    def __init__(self, url: str, words: str, reason: Reason = Reason.UNREACHABLE, *, refused: bool = False) -> None:
        super().__init__(f"{url}: {words}")
        self.url = url
        self.words = words
        self.reason = reason
        self.refused = refused


def no_such_host(url: str, name: str, name_server: str) -> TransportError:
    """Make the error of a name that a name server denies (NXDOMAIN), as Go's resolver words it."""
    return TransportError(url, _lookup(name, name_server, "no such host"), Reason.UNKNOWN_HOST)


def no_answer(url: str, error: Exception, address: str, name_server: str) -> TransportError:
    """Say what an exception of the HTTP client means; ``address`` is what was connected to, empty: the error knows."""
    name = urlsplit(url).hostname or ""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            words = f"tls: failed to verify certificate: {_certificate(error.certificate_error, name)}"
            return TransportError(url, words, Reason.UNTRUSTED_CERTIFICATE)
        case aiohttp.ClientConnectorDNSError():
            return _dns(url, error, name, name_server)
        case aiohttp.ClientConnectorError() if isinstance(error.os_error, ssl.SSLError):
            words = _tls(error.os_error)
            return TransportError(url, words, Reason.PLAIN_HTTP if words == _NOT_HTTPS else Reason.UNREACHABLE)
        case aiohttp.ClientConnectorError():
            return _dial(url, error.os_error, address)
    return TransportError(url, _broken(error, address))


def join_host_port(host: str, port: int) -> str:
    """Write an address as ``net.JoinHostPort`` does: IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _dns(url: str, error: aiohttp.ClientConnectorError, name: str, name_server: str) -> TransportError:
    """Say that a name was not found, or that nobody would tell."""
    if isinstance(error.os_error, socket.gaierror) and error.os_error.errno == socket.EAI_AGAIN:
        return TransportError(url, _lookup(name, name_server, "server misbehaving"))
    return no_such_host(url, name, name_server)


def _lookup(name: str, name_server: str, what: str) -> str:
    return f"dial tcp: lookup {name}{f' on {name_server}' if name_server else ''}: {what}"


def _dial(url: str, error: OSError, address: str) -> TransportError:
    """Say why there was no connection, or none that went as far as TLS."""
    if error.errno in {None, errno.ECONNRESET}:
        return TransportError(url, "read: connection reset by peer" if error.errno else "EOF")
    if not address and (match := _ADDRESS.search(str(error))):
        address = join_host_port(match[1], int(match[2]))
    words = os.strerror(error.errno or 0).lower()
    refused = error.errno == errno.ECONNREFUSED
    return TransportError(url, f"dial tcp {address}: connect: {words}", refused=refused)


def _tls(error: ssl.SSLError) -> str:
    """Say what went wrong in a TLS handshake."""
    if error.reason in _NO_TLS:
        return _NOT_HTTPS
    if not error.reason or error.reason == "UNEXPECTED_EOF_WHILE_READING":
        return "EOF"
    alert = error.reason.lower().removeprefix("tlsv1_alert_").removeprefix("sslv3_alert_").replace("_", " ")
    return f"remote error: tls: {alert}"


def _certificate(error: Exception, name: str) -> str:
    """Say what is wrong with a certificate."""
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else 0
    if code in {_OTHER_NAME, _OTHER_ADDRESS}:
        return f"x509: certificate is valid for other names, not {name}"
    if code in {_EXPIRED, _NOT_YET}:
        return "x509: certificate has expired or is not yet valid"
    return "x509: certificate signed by unknown authority"


def _broken(error: Exception, address: str) -> str:
    """Say how a connection broke off, or did not come about in time."""
    match error:
        case TimeoutError():
            return f"dial tcp {address}: i/o timeout"
        case aiohttp.ClientPayloadError():
            return "unexpected EOF"
        case aiohttp.ClientResponseError():
            return f"net/http: HTTP/1.x transport connection broken: {error.message}"
        case OSError() if error.errno == errno.ECONNRESET:
            return "read: connection reset by peer"
    return "EOF"
