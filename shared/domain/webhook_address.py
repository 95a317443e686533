"""Which addresses a webhook may have: one rule for the check of a policy and for the sender."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that was checked, in the parts a request is made of."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the header `Host` has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.secure else "http"] else f"{host}:{self.port}"


def target_of(address: str, *, local: bool = False) -> Target:
    """Where a webhook's URL leads, as far as the URL itself says: names are resolved and judged by the sender.

    Args:
        address: the URL.
        local: a stage on a developer's machine: addresses of this machine or network and plain http are let through.

    Raises:
        ValueError: nothing may be posted to it; the text says why and never quotes the URL (I12).
    """
    try:
        url = urlsplit(address)
        port = url.port or _PORTS.get(url.scheme, 0)
        host = url.hostname or ""
        if ":" not in host:
            host = host.encode("idna").decode()
    except ValueError:  # a UnicodeError is one too
        raise ValueError("no URL") from None
    if url.scheme not in (("https", "http") if local else ("https",)):
        raise ValueError("only https")
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    if not path.isascii() or not path.isprintable() or " " in path or not host:
        raise ValueError("no URL of a webhook")
    if url.username or url.password:
        raise ValueError("credentials in the URL")
    if not local and _is_internal(host):
        raise ValueError("an address of an internal network")
    return Target(url.scheme == "https", host, port, path)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet: not private, local to a link, of a cloud's metadata or a machine.

    IPv4 addresses inside IPv6 ones count as what they are.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)))
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _is_internal(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:  # a name
        return False
