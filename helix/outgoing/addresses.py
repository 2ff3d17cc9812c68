"""Which addresses may be connected to."""

import ipaddress

import httpx

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Cloud metadata services outside of link-local addresses.
_METADATA = frozenset(
    ipaddress.ip_address(address)
    for address in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
# Prefixes of IPv6 that carry an IPv4 address in their last four bytes.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
# All global unicast addresses assigned by IANA: others are local, reserved or unassigned.
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
# Entries of IANA's special-purpose registries that `ipaddress` does not know in every supported Python.
# https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
_SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # automatic multicast tunnelling
        "192.88.99.0/24",  # 6to4 relays, deprecated
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "2001::/23",  # protocol assignments
        "2001:db8::/32",  # documentation
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)


class GuardError(httpx.TransportError):
    """The request was refused or stopped here, not by the other side."""


class AddressRefused(GuardError):
    """The address is link-local, a metadata service, private without permission, or not a server address."""


class TimeIsUp(GuardError):
    """The exchange as a whole took longer than allowed."""


class TooMuch(GuardError):
    """The answer is larger than allowed."""


def refusal(address: IPAddress, *, allow_private: bool) -> str | None:
    """Why connections to the address are not allowed, or None if they are."""
    if address in _LOCAL_NAT64 and refusal(_embedded(address), allow_private=True):
        return "link-local and metadata addresses are never connected to"
    address = _plain(address)
    if address in _METADATA or address.is_link_local:
        return "link-local and metadata addresses are never connected to"
    if address.is_unspecified or address.is_multicast or _is_reserved(address):
        return "this is not the address of a server"
    if not allow_private and not _is_of_the_internet(address):
        return "private addresses are not allowed on this installation"
    return None


def _is_of_the_internet(address: IPAddress) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_V6:
        return False
    return address.is_global and not any(address in network for network in _SPECIAL)


def _plain(address: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 address embeds, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return _embedded(address)
    return address


def _embedded(address: IPAddress) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)


def _is_reserved(address: IPAddress) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return address in ipaddress.ip_network("0.0.0.0/8") or address in ipaddress.ip_network("240.0.0.0/4")
    # Unique local (fc00::/7) and ::1 are private, not reserved; Python counts ::1 as reserved.
    return address.is_reserved and not (address.is_loopback or address.is_private or address in _LOCAL_NAT64)
