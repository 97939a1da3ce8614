"""Why the source cannot be reached, and what has to be set so that it can.

Belongs here: telling what stays so until somebody changes it (a proxy that demands a password, a certificate, a name that
nobody knows) from what may pass by itself, and the sentence that says what to set. Not here: connecting (client).

The sentences continue "cannot reach HOST: ". They name a proxy by its host and port, and never repeat what a proxy says:
it was sent its password.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus

# That a name cannot be looked up just now is another error.
_UNKNOWN_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST"})
_MAY_PASS = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


def what_to_fix(
    error: BaseException, *, proxy: str | None, proxy_status: HTTPStatus | None, is_in_tunnel: bool
) -> str | None:
    """What keeps the connection from being made for as long as nobody changes it; None if it may pass by itself.

    ``proxy`` is the host and port that was connected to in place of the source's, ``proxy_status`` its answer where it did
    not connect, ``is_in_tunnel`` that it did: an error is then between this machine and the source.
    """
    if proxy_status is not None:
        return _refused_by(proxy, proxy_status)
    of_proxy = proxy if proxy and not is_in_tunnel else None
    for cause in _chain(error):
        found = _certificate(cause, of_proxy) or _no_tls(cause, of_proxy) or _no_address(cause, of_proxy)
        if found is not None:
            return found
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _refused_by(proxy: str | None, status: HTTPStatus) -> str | None:
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return (
            f"the proxy {proxy} requires a user and password, or rejects those that were given (407): set "
            f"HTTPS_PROXY=http://USER:PASSWORD@{proxy}, with special characters percent-encoded"
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _MAY_PASS:
        return None
    return (
        f"the proxy {proxy} does not connect to it ({status.value} {status.phrase}): have the proxy allow it, or set "
        "another one in HTTPS_PROXY"
    )


def _certificate(cause: BaseException, proxy: str | None) -> str | None:
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return None
    whose = f"the certificate of the proxy {proxy}" if proxy else "the source's certificate"
    return (
        f"{whose} is not trusted ({cause.verify_message}): check this machine's clock, and set SSL_CERT_FILE to a file of "
        "trusted certificates if your company's proxy opens connections"
    )


def _no_tls(cause: BaseException, proxy: str | None) -> str | None:
    if not (isinstance(cause, ssl.SSLError) and cause.reason in _NO_TLS):
        return None
    if proxy:
        return f"the proxy {proxy} does not speak TLS: write HTTPS_PROXY=http://… in place of https://…"
    return "the server does not speak TLS: check OPENROUTER_BASE_URL and HTTPS_PROXY"


def _no_address(cause: BaseException, proxy: str | None) -> str | None:
    if isinstance(cause, socket.gaierror) and cause.errno in _UNKNOWN_NAME:
        if proxy:
            return f"the host name of the proxy {proxy} is unknown: check HTTPS_PROXY"
        return (
            "the host name is unknown: check the DNS settings of this machine, or set HTTPS_PROXY if this network reaches "
            "the internet only through a proxy"
        )
    if proxy and isinstance(cause, ConnectionRefusedError):
        return f"nothing listens on the proxy {proxy}: check HTTPS_PROXY, or start the proxy"
    return None
