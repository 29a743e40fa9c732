"""Fetching an address without being led into a private network.

The rule it protects: only http and https, only to addresses of the public internet, and the
connection goes to the very address that was checked, so a name that changes its answer gains
nothing. Redirects are not followed. It keeps nothing.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from bullpen_memory.errors import InputError, OperatorError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MOST_BYTES = 50_000_000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, and so does any address inside of it."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner) and not address.ipv4_mapped
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str, port: int) -> list[Address]:
    """Every address of a host name. OperatorError where it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OperatorError(
            f"{host} was not reached.", f"Its name has no address: {error}.", "Check the network."
        ) from error
    return [ipaddress.ip_address(str(item[4][0]).partition("%")[0]) for item in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What may be reached: `permitted` judges each address, `lookup` resolves names."""

    permitted: Callable[[Address], bool] = is_public
    lookup: Callable[[str, int], Sequence[Address]] = resolve
    seconds: float = 30.0

    def get(self, url: str, headers: dict[str, str]) -> bytes:
        """The body of one page. InputError for an address that may not be fetched, OperatorError else."""
        parts, port = split(url)
        address = self._address(parts, port)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"Host": parts.netloc, "Accept-Encoding": "identity", **headers}
        try:
            with closing(_connection(parts, port, address, self.seconds)) as connection:
                connection.request("GET", target, headers=sent)
                answer = connection.getresponse()
                body = answer.read(MOST_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise OperatorError(
                f"{parts.hostname} did not answer.",
                f"{type(error).__name__}: {error}.",
                "Try again later.",
            ) from error
        if answer.status != 200:
            raise OperatorError(
                f"{parts.hostname} refused.",
                f"It answered {answer.status} {answer.reason}.",
                _REMEDIES.get(answer.status, "Try again later."),
            )
        if len(body) > MOST_BYTES:
            raise OperatorError(
                f"{parts.hostname} sent too much.",
                f"More than {MOST_BYTES:,} bytes.",
                "Ask for a shorter span.",
            )
        return body

    def _address(self, parts: SplitResult, port: int) -> Address:
        host = parts.hostname or ""
        addresses = list(self.lookup(host, port))
        refused = [one for one in addresses if not self.permitted(one)]
        if refused or not addresses:
            raise InputError(
                f"{host} was not fetched.",
                f"It leads to {refused[0] if refused else 'nowhere'}, which is not on the public internet.",
                "Use a public address.",
            )
        return addresses[0]


_REMEDIES = {
    400: "Check the name of the series.", 401: "Check the key in your settings.", 403: "Check the key, and for the SEC the contact, in your settings.",
    404: "Check the name of the series.", 429: "It was asked too often; wait a minute.",
}  # fmt: skip


def split(url: str) -> tuple[SplitResult, int]:
    """The parts of an address and its port. InputError for what is no plain http or https address."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise InputError(
            "That address cannot be read.", f"{error}.", "Write it as https://…"
        ) from error
    plain = url == url.strip() and not any(ord(c) <= 32 or c == "\\" or ord(c) == 127 for c in url)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or not plain
        or "@" in parts.netloc
    ):
        raise InputError(
            "That address is not fetched.",
            "Only plain http and https addresses without a user are.",
            "Write it as https://…",
        )
    return parts, port


def _connection(
    parts: SplitResult, port: int, address: Address, seconds: float
) -> http.client.HTTPConnection:
    """A connection to the checked address that speaks to, and checks the certificate of, the host."""
    host = str(parts.hostname)
    made = http.client.HTTPConnection(host, port, timeout=seconds)
    stream: socket.socket = (
        socket.create_connection((str(address), port), timeout=seconds)
        if parts.scheme == "http"
        else _secured(host, address, port, seconds)
    )
    made.sock = stream
    return made


def _secured(host: str, address: Address, port: int, seconds: float) -> socket.socket:
    plain = socket.create_connection((str(address), port), timeout=seconds)
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
