"""Which network addresses belong to the public internet."""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
# Python's own tables of what is global differ from one patch release to the next: these are named
# here so that the answer does not.
_NEVER_V4 = tuple(
    IPv4Network(text)
    for text in (
        "100.64.0.0/10",  # behind a provider's NAT
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # the retired 6to4 relay
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "168.63.129.16/32",  # a cloud's platform, on an address that looks public
    )
)
_NEVER_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)


def is_public(text: str) -> bool:
    """Tell whether an IP address leads to the public internet and nowhere else.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) counts as what it
    carries, for that is where its packets end up.

    Parameters
    ----------
    text : str
        A numeric address, with or without an IPv6 scope.

    Returns
    -------
    bool
        False also for text that is no address.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    carried = _carried(address)
    if carried:
        return all(_is_public_v4(inner) for inner in carried)
    # What lies outside 2000::/3 has no business on the public internet, whatever its name.
    return (
        address in _GLOBAL_UNICAST
        and address.is_global
        and address.scope_id is None
        and not any(address in network for network in _NEVER_V6)
    )


def _is_public_v4(address: IPv4Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _NEVER_V4)
    )


def _carried(address: IPv6Address) -> tuple[IPv4Address, ...]:
    if address.ipv4_mapped:
        return (address.ipv4_mapped,)
    if address.sixtofour:
        return (address.sixtofour,)
    if address.teredo:
        return address.teredo
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    return ()
