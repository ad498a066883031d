"""One HTTP exchange that ends by a deadline. A connection of its own for each, so that threads share nothing."""

import http.client
import json
import socket
import time
from typing import Any, Dict, Optional
from urllib.parse import urlsplit

from .errors import GatewayError

_CHUNK = 65536
# Far above what the gateway answers to an engine; keeps a wrong address from filling the memory.
_MOST_BYTES = 16 * 1024 * 1024


def _remaining(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("timed out")
    return left


def _connect(url: str, deadline: float) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=_remaining(deadline))


def _read(answer: http.client.HTTPResponse, sock: Optional[socket.socket], deadline: float) -> bytes:
    """Each read gets what is left of the time: a server that trickles cannot stretch it."""
    data = b""
    while True:
        left = _remaining(deadline)
        if sock is not None and sock.fileno() >= 0:
            sock.settimeout(left)
        chunk = answer.read1(_CHUNK)
        if not chunk:
            break
        data += chunk
        if len(data) > _MOST_BYTES:
            raise GatewayError(f"the answer is larger than {_MOST_BYTES} bytes")
    if answer.length:
        raise http.client.IncompleteRead(data, answer.length)
    return data


def _parsed(status: int, data: bytes) -> Dict[str, Any]:
    try:
        answer = json.loads(data.decode("utf-8"))
    except ValueError:
        raise GatewayError("the answer is no JSON: is this address a gateway?", status) from None
    if not isinstance(answer, dict):
        raise GatewayError("the answer is no object: is this address a gateway?", status)
    if status < 400:
        return answer
    raise GatewayError(str(answer.get("detail", "refused")), status, answer.get("code"))


def exchange(
    url: str, method: str, path: str, headers: Dict[str, str], body: Optional[bytes], deadline: float
) -> Dict[str, Any]:
    """The JSON that the gateway answers. Raises GatewayError with what went wrong, by `deadline` (monotonic) at the latest."""
    connection = None
    try:
        connection = _connect(url, deadline)
        connection.connect()
        sock = connection.sock
        sock.settimeout(_remaining(deadline))
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return _parsed(answer.status, _read(answer, sock, deadline))
    except (OSError, http.client.HTTPException) as error:
        raise GatewayError(f"{url} was not reached: {error or type(error).__name__}") from error
    finally:
        if connection is not None:
            connection.close()
