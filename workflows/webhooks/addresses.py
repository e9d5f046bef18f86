"""Where a webhook may go: never into our own network, however the address is dressed up (SSRF).

A name is resolved once, every address that it has must be public, and the connection is made to the address that was
checked: a name that answers differently a moment later (DNS rebinding) changes nothing. Each redirect is checked anew.
"""

import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")
COMPATIBLE = ipaddress.ip_network("::/96")
PORTS = {"http": 80, "https": 443}
LOCAL_ENDINGS = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa")


class ForbiddenAddressError(Exception):
    """A webhook must not go there; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was checked: connect to `ip`, and call the host by its name."""

    scheme: str
    host: str
    port: int
    ip: str
    path: str

    @property
    def url(self) -> str:
        """The address to connect to, with the number in place of the name."""
        number = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"{self.scheme}://{number}:{self.port}{self.path}"

    @property
    def host_header(self) -> str:
        """What the Host header says."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == PORTS[self.scheme] else f"{name}:{self.port}"


def is_public(address: str) -> bool:
    """Say whether an IP address lies outside: neither private, loopback, link-local, shared, reserved nor multicast.

    Addresses that carry another one inside (mapped, compatible, 6to4, Teredo, NAT64) are judged by both.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    return all(each.is_global and not each.is_multicast and not each.is_reserved for each in _layers(ip))


def _layers(ip: Ip) -> list[Ip]:
    if isinstance(ip, ipaddress.IPv4Address):
        return [ip]
    inner: list[Ip] = []
    if ip.ipv4_mapped is not None:
        return [ip.ipv4_mapped]
    if ip.sixtofour is not None:
        inner.append(ip.sixtofour)
    if ip.teredo is not None:
        inner += ip.teredo
    if ip in NAT64 or ip in COMPATIBLE:
        inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return [ip, *inner]


def split_url(url: str, allowed: Collection[str] = ()) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path of an address. Raises ForbiddenAddressError for what cannot be one of another
    program: other schemes, a name and password, a number or name of the inside that is not allowed."""
    if len(url) > 2000 or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise ForbiddenAddressError(_("This is no address of the web."))
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode().rstrip(".")
    except (ValueError, UnicodeError) as error:
        raise ForbiddenAddressError(_("This is no address of the web.")) from error
    if parts.scheme not in PORTS or not host:
        raise ForbiddenAddressError(_("An address begins with https:// or http://."))
    if parts.username is not None or parts.password is not None:
        raise ForbiddenAddressError(_("An address must not hold a name or password."))
    path = parts.path or "/"
    _check_host(host, allowed)
    return parts.scheme, host, port or PORTS[parts.scheme], f"{path}?{parts.query}" if parts.query else path


def _check_host(host: str, allowed: Collection[str]) -> None:
    """Raise for a host that is inside by its looks alone."""
    if host in allowed:
        return
    try:
        public = is_public(host)
    except ValueError:
        public = "." in host and host != "localhost" and not host.endswith(LOCAL_ENDINGS)
    if not public:
        raise ForbiddenAddressError(_("%(host)s is inside the network. An admin can allow it.") % {"host": host})


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host. Raises OSError if it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def check_target(url: str, allowed: Collection[str] = ()) -> Target:
    """Return where to connect.

    Raises ForbiddenAddressError if any of the host's addresses is inside, OSError if there is none.
    """
    scheme, host, port, path = split_url(url, allowed)
    addresses = resolve(host, port)
    if not addresses:
        raise OSError(f"{host} has no address")
    if host not in allowed:
        inside = next((each for each in addresses if not is_public(each)), None)
        if inside is not None:
            said = {"host": host, "address": inside}
            raise ForbiddenAddressError(_("%(host)s leads inside the network (%(address)s).") % said)
    return Target(scheme, host, port, addresses[0], path)
