"""Only the public internet counts as public, however the address is dressed up."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.addresses import is_public

NOT_PUBLIC = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "168.63.129.16",
    "192.0.0.9",
    "192.0.0.192",
    "192.88.99.1",
    "198.51.100.1",
    "203.0.113.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001:1::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:a83f:8110::1",
    "3fff::1",
    "3fff:fff::1",
    "5f00::1",
    "::ffff:168.63.129.16",
    "2001:0:7f00:1:0:0:f7f7:f7f7",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2606:4700::1111%eth0",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "168.63.129.17",
    "192.0.1.1",
    "172.32.0.1",
    "2606:4700::1111",
    "2a00:1450:4001::8a",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]
PRIVATE_V4 = st.sampled_from(
    [
        IPv4Network(text)
        for text in ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "224.0.0.0/4")
    ]
).flatmap(
    lambda net: st.integers(int(net.network_address), int(net.broadcast_address)).map(IPv4Address)
)


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize("text", PUBLIC)
def test_public(text: str) -> None:
    assert is_public(text)


@given(PRIVATE_V4)
def test_a_private_address_stays_private_in_any_dress(address: IPv4Address) -> None:
    number = int(address)
    dresses = [
        address,
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(int(IPv6Address("64:ff9b::")) | number),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
        # Teredo hides the client with its bits turned over; the server stands in the clear.
        IPv6Address(0x20010000 << 96 | 0x08080808 << 64 | number ^ 0xFFFF_FFFF),
        IPv6Address(0x20010000 << 96 | number << 64 | 0x08080808 ^ 0xFFFF_FFFF),
        IPv6Address(number),
    ]
    assert not any(is_public(str(dress)) for dress in dresses)


@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    assert is_public(text) in (True, False)


@given(st.ip_addresses(v=6))
def test_nothing_outside_global_unicast_is_public_unless_it_carries(address: IPv6Address) -> None:
    if is_public(str(address)) and not address.ipv4_mapped:
        assert int(address) >> 125 == 1 or int(address) >> 32 == int(IPv6Address("64:ff9b::")) >> 32
