# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Fetch one answer of an authority: the process behind `revocation.py`, run by `sandbox.py`.

Name lookups, and headers that come one byte at a time, can take as long as others like: what no
timeout bounds is bounded here by killing the process. It knows no secret and no proxy.

One JSON object comes on standard input: what `revocation._ask_child` sends. One line of JSON goes to
standard output: `code`, one of `revocation.CODES`, or `location`, an address to ask instead, or `size`, in
bytes, of the answer that follows.
"""

import base64
import http.client
import ipaddress
import json
import socket
import ssl
import sys

_CONNECT_SECONDS = 3
_READ_SECONDS = 5
_REDIRECTS = (301, 302, 303, 307, 308)


class _Failed(Exception):
    pass


def main():
    asked = json.load(sys.stdin)
    try:
        _fetch(asked)
    except _Failed as failed:
        _report(code=failed.args[0])
    except TimeoutError:
        _report(code="too_slow")
    except (OSError, http.client.HTTPException, ValueError):
        _report(code="not_reached")


def _fetch(asked):
    kind = http.client.HTTPSConnection if asked["is_secure"] else http.client.HTTPConnection
    connection = kind(asked["host"], asked["port"])
    # Connected to an address that was looked at: the name is not looked up again.
    connection.sock = _connect(asked)
    headers, data = {"Connection": "close"}, None
    if asked["data"]:
        headers["Content-Type"] = "application/ocsp-request"
        data = base64.b64decode(asked["data"])
    connection.request("POST" if data else "GET", asked["target"], data, headers)
    answer = connection.getresponse()
    if answer.status in _REDIRECTS:
        return _report(location=answer.getheader("Location") or "")
    if answer.status != 200:
        raise _Failed("not_answered")
    limit = asked["limit"]
    if (answer.length or 0) > limit:
        raise _Failed("too_large")
    content = answer.read(limit + 1)
    if len(content) > limit:
        raise _Failed("too_large")
    _report(size=len(content))
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _connect(asked):
    found = socket.getaddrinfo(asked["host"], asked["port"], type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(address[0] for *_, address in found))
    if not asked["allow_private"] and not all(map(_is_public, addresses)):
        raise _Failed("private_address")
    for address in addresses:
        try:
            sock = socket.create_connection((address, asked["port"]), _CONNECT_SECONDS)
            break
        except OSError as error:
            failure = error
    else:
        raise failure
    sock.settimeout(_READ_SECONDS)
    if asked["is_secure"]:
        sock = ssl.create_default_context().wrap_socket(sock, server_hostname=asked["host"])
    return sock


def _is_public(text):
    address = ipaddress.ip_address(text.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_global and not address.is_multicast


def _report(**facts):
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    main()
