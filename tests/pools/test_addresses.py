"""Only public addresses are asked."""

import socket
from ipaddress import ip_address

import pytest

from synthset.pools.addresses import PrivateAddress, is_public, resolve_public_addresses


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "151.101.1.6", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_public_addresses_are_asked(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "10.1.2.3", "172.20.0.1", "192.168.1.1", "0.0.0.0"),
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "::127.0.0.1"),
        *("2002:7f00:1::", "2001:db8::1"),
    ],
)
def test_private_addresses_are_not_however_they_are_written(address):
    assert not is_public(ip_address(address))


def known_as(monkeypatch, *addresses):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 80)) for a in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def test_a_name_that_stands_for_a_private_address_is_refused_even_beside_a_public_one(monkeypatch):
    known_as(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(PrivateAddress, match=r"example\.org is 10\.0\.0\.1"):
        resolve_public_addresses("example.org", 80)
    known_as(monkeypatch, "8.8.8.8", "8.8.8.8", "8.8.4.4")
    assert resolve_public_addresses("example.org", 80) == ["8.8.8.8", "8.8.4.4"]


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1"])
def test_other_spellings_of_this_machine_are_refused(host):
    with pytest.raises(PrivateAddress):
        resolve_public_addresses(host, 80)
