"""How a message leaves this machine: a webhook, an e-mail, and the ping of a service that misses it when it stays away.

Belongs here: sending one text, bounded in time, and the failure in one line without the address. Not here: what is said and
to whom it was said before (``incidents``); the source (``openrouter.client``, which counts and keeps).
"""

from __future__ import annotations

import json
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from html import escape
from http import HTTPStatus
from ipaddress import ip_address
from threading import Thread
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.program import PROGRAM
from pipeline.settings import EMAIL_TO_VARIABLE, HEARTBEAT_VARIABLE, SMTP_VARIABLE, WEBHOOK_VARIABLE, Told

DEADLINE_SECONDS = 20.0
"""For one message as a whole, whatever the other side does."""

_STEP_SECONDS = 10.0

Send = Callable[[str, str], None]
"""Sends a subject and a text. Raises PermanentFailure or TransientFailure."""


def channels(told: Told) -> dict[str, Send]:
    """The channels that are configured, by name."""
    found: dict[str, Send] = {}
    if told.webhook_url:
        found["webhook"] = lambda subject, text: _within_deadline(lambda: _post(told, subject, text))
    if told.email_to or told.smtp_url:
        found["e-mail"] = lambda subject, text: _within_deadline(lambda: _mail(told, subject, text))
    return found


def beat(told: Told) -> None:
    """Ping the heartbeat's URL, if there is one."""
    if told.heartbeat_url:
        url = told.heartbeat_url
        _within_deadline(lambda: _ask(HEARTBEAT_VARIABLE, "GET", url))


def _within_deadline(work: Callable[[], None]) -> None:
    """Timeouts of sockets start anew with each byte. Work that hangs is left behind, and ends with the process."""
    failed: list[Exception] = []

    def attempt() -> None:
        try:
            work()
        except Exception as error:
            failed.append(error)

    thread = Thread(target=attempt, name="telling", daemon=True)
    thread.start()
    thread.join(DEADLINE_SECONDS)
    if thread.is_alive():
        raise TransientFailure(f"it was not finished after {DEADLINE_SECONDS:g} s")
    if failed:
        raise failed[0]


def _post(told: Told, subject: str, text: str) -> None:
    escaped = escape(f"{subject}\n{text}", quote=False)  # what Slack asks to be escaped, and nothing else
    _ask(WEBHOOK_VARIABLE, "POST", told.webhook_url or "", json.dumps({"text": escaped}).encode())


def _ask(variable: str, method: str, address: str, content: bytes | None = None) -> None:
    parts = _split(variable, address)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise PermanentFailure(f"{variable} has to begin with https://, so that nobody reads what is sent there")
    headers = {"user-agent": PROGRAM, "content-type": "application/json"}
    seconds = httpx.Timeout(_STEP_SECONDS)
    try:
        # A transport instead of a client, which would write the whole URL into its log. It follows no redirect either.
        with httpx.HTTPTransport(proxy=_proxy(host)) as transport:
            request = httpx.Request(
                method, address, headers=headers, content=content, extensions={"timeout": seconds.as_dict()}
            )
            response = transport.handle_request(request)
            response.close()
    except httpx.InvalidURL:
        raise _no_url(variable) from None
    except (httpx.TransportError, OSError, ValueError, ImportError) as error:
        raise TransientFailure(f"it could not be reached ({type(error).__name__})") from None
    if not response.is_success:
        hint = f": check {variable}" if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else ""
        raise TransientFailure(f"it returned {response.status_code}{hint}")


def _proxy(host: str) -> str | None:
    """The environment's proxy, which a transport does not look for by itself. Loopback is never behind one."""
    return None if _is_loopback(host) or proxy_bypass(host) else getproxies().get("https")


def _mail(told: Told, subject: str, text: str) -> None:
    if not told.smtp_url or not told.email_to:
        raise PermanentFailure(f"{EMAIL_TO_VARIABLE} and {SMTP_VARIABLE} go together, and one of them is not set")
    parts = _split(SMTP_VARIABLE, told.smtp_url)
    if parts.scheme not in ("smtp", "smtps") or parts.path.strip("/") or parts.query or parts.fragment:
        raise PermanentFailure(f"{SMTP_VARIABLE} is read as smtp://user:password@host:port, or smtps://…")
    recipients = [one.strip() for one in told.email_to.split(",") if one.strip()]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    message = EmailMessage()
    try:
        message["From"] = user if "@" in user else recipients[0]
        message["To"] = ", ".join(recipients)
        message["Subject"] = subject
        is_readable = all(address.domain and not address.display_name for address in message["To"].addresses)
        is_readable &= len(message["To"].addresses) == len(recipients)
    # The library refuses line breaks, and stumbles over some of what is no address.
    except (ValueError, IndexError, AttributeError):
        is_readable = False
    if not is_readable:
        raise PermanentFailure(f"{EMAIL_TO_VARIABLE} is not a list of plain addresses, separated by commas")
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="openrouter-usage.invalid")
    message.set_content(text)
    try:
        with _smtp(parts) as smtp:
            if user:
                smtp.login(user, password)
            refused = smtp.send_message(message)
    # The server's own words may hold the name of the user: its code says enough.
    except smtplib.SMTPAuthenticationError as error:
        raise TransientFailure(f"the mail server rejected user and password ({error.smtp_code})") from None
    except smtplib.SMTPResponseException as error:
        raise TransientFailure(f"the mail server returned {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise TransientFailure(f"the mail server did not accept it ({type(error).__name__})") from None
    if refused:
        raise TransientFailure(
            f"the mail server accepted it for {len(recipients) - len(refused)} of {len(recipients)} addresses"
        )


def _smtp(parts: SplitResult) -> smtplib.SMTP:
    """A connection that nobody reads along, or one that does not leave this machine."""
    host = parts.hostname or ""
    if parts.scheme == "smtps":
        return smtplib.SMTP_SSL(
            host, parts.port or smtplib.SMTP_SSL_PORT, timeout=_STEP_SECONDS, context=ssl.create_default_context()
        )
    smtp = smtplib.SMTP(host, parts.port or 587, timeout=_STEP_SECONDS)
    try:
        if not _is_loopback(host):
            smtp.starttls(context=ssl.create_default_context())
    except BaseException:
        smtp.close()
        raise
    return smtp


def _split(variable: str, address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        is_readable = bool(parts.hostname and parts.port != 0)
    except ValueError:
        is_readable = False
    if not is_readable or not address.isprintable():
        raise _no_url(variable)
    return parts


def _no_url(variable: str) -> PermanentFailure:
    return PermanentFailure(f"{variable} is not a valid URL")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
