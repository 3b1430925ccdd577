"""Which addresses may be asked: public ones. A list of urls from elsewhere must not reach this
machine, its network, or the metadata service of a cloud.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Allowed = Callable[[Address], bool]

#: IPv6 networks whose last 32 bits are an IPv4 address: NAT64 (RFC 6052), and IPv4-compatible.
CARRIERS = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))


class PrivateAddress(Exception):
    """A name stands for an address that is not public."""


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the public internet.

    Private, loopback, link-local, multicast and reserved addresses are not, nor are IPv6 addresses
    that carry such an IPv4 address.
    """
    inner = _inside(address)
    if inner is not None:
        return is_public(inner)
    local = isinstance(address, IPv6Address) and address.is_site_local
    odd = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not (local or odd)


def resolve_public_addresses(host: str, port: int, allowed: Allowed = is_public) -> list[str]:
    """Look a host up.

    Args:
        host: name or address.
        port: passed on.
        allowed: which addresses may be asked.

    Returns:
        Its addresses. They are what to connect to: the name may stand for others a moment later.

    Raises:
        PrivateAddress: one of them may not be asked, even if others may.
        OSError: the name is not known.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not allowed(ip_address(address)):
            raise PrivateAddress(f"{host} is {address}")
    return addresses


def _inside(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address carries."""
    if isinstance(address, IPv4Address):
        return None
    if any(address in network for network in CARRIERS):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo
