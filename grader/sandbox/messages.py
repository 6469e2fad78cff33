"""Small JSON messages with file descriptors, between our own processes over Unix sockets. Never to a guest."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

_LENGTH = struct.Struct("<I")
_MAX_BYTES = 64 << 20


def send_message(connection: socket.socket, message: dict[str, Any], handles: Sequence[int] = ()) -> None:
    """Send a message; `handles` are file descriptors that the receiver gets copies of."""
    data = json.dumps(message).encode()
    socket.send_fds(connection, [_LENGTH.pack(len(data))], list(handles))
    connection.sendall(data)


def receive_message(connection: socket.socket, max_handles: int = 0) -> tuple[dict[str, Any], list[int]] | None:
    """Receive a message and its file descriptors; `None` when the other side has closed the connection."""
    head, handles, _, _ = socket.recv_fds(connection, _LENGTH.size, max_handles)
    if not head:
        return None
    data = head + _exactly(connection, _LENGTH.size - len(head))
    (length,) = _LENGTH.unpack(data)
    if length > _MAX_BYTES:
        raise ValueError(f"a message of {length} bytes")
    message: dict[str, Any] = json.loads(_exactly(connection, length))
    return message, handles


def _exactly(connection: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        part = connection.recv(min(length - len(data), 1 << 20))
        if not part:
            raise EOFError("the other side went away in the middle of a message")
        data += part
    return bytes(data)
