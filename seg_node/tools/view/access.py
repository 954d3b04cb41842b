# Copyright 2026 seg_node contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
Who may look, and who may change something: names, origins and the token.

A page that listens on one computer only can still be reached by any web page that a browser there
has open: by DNS rebinding, where a foreign name resolves to this address, and by requests across
origins. So the Host header and the Origin are checked, whatever the address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
import hmac
import ipaddress
import secrets
import socket
from urllib.parse import urlsplit

from seg_node.errors import UserError

SHORTEST = 16
"""Characters of the shortest token that a file may hold."""
_LOCALHOST = 'localhost'


@dataclass(frozen=True)
class Access:
    """
    Who is let in.

    :param address: the IP address that is listened on.
    :param token: the secret without which nothing is changed and, beyond this computer, nothing
        is shown.
    """

    address: str
    token: str = field(repr=False)

    @property
    def is_local(self) -> bool:
        """Whether only this computer can connect."""
        return ipaddress.ip_address(self.address).is_loopback

    def url(self, port: int) -> str:
        """Return where the page is; the token, behind the #, is sent to nobody and not logged."""
        address = ipaddress.ip_address(self.address)
        host = f'[{address}]' if address.version == 6 else str(address)
        if address.is_unspecified:
            host = socket.gethostname()
        return f'http://{host}:{port}/#token={self.token}'

    def takes_host(self, host: str) -> bool:
        """
        Say whether a Host header names this server.

        An address cannot be rebound, only a name can: of names those are taken that are ours.
        """
        name = _host_name(host)
        if name is None:
            return False
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            own = socket.gethostname().lower()
            return name == _LOCALHOST or not self.is_local and name in (own, f'{own}.local')
        return address.is_loopback or not self.is_local

    def takes_origin(self, origin: str | None, host: str) -> bool:
        """Say whether a request comes from our own page: of the host that it was sent to."""
        return origin is not None and urlsplit(origin).netloc.lower() == host.lower()

    def knows(self, token: str) -> bool:
        """Say whether this is the token; takes as long for a wrong one as for the right one."""
        return hmac.compare_digest(token.encode(errors='replace'), self.token.encode())

    def may_watch(self, token: str) -> bool:
        """Say whether somebody is shown the robot who gives this token, or ''."""
        return self.is_local or self.knows(token)


def parse_address(text: str) -> str:
    """
    Return the IP address to listen on.

    :raises UserError: for anything else; a name could resolve to more than was meant.
    """
    if text == _LOCALHOST:
        return '127.0.0.1'
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise UserError(f'--address {text}: is no IP address, such as 127.0.0.1 for this '
                        'computer only, or 0.0.0.0 for all its networks') from None


def new_token() -> str:
    """Return a secret that nobody guesses."""
    return secrets.token_urlsafe(24)


def parse_token(text: str) -> str:
    """
    Return the token that a file holds.

    :raises UserError: when somebody could guess it, or a header cannot carry it.
    """
    token = text.strip()
    if len(token) < SHORTEST or not (token.isascii() and token.isprintable()) or ' ' in token:
        raise UserError(f'--token-file: the token must have {SHORTEST} letters, digits or signs '
                        'at least, in one line without spaces')
    return token


def _host_name(host: str) -> str | None:
    """Return the name or address in a Host header, without the port; None for none."""
    try:
        parts = urlsplit(f'//{host}')
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        return None
    if parts.netloc != host or '@' in host:
        return None
    return parts.hostname
