"""Messages between parent and child: a length, that many bytes of JSON, and the open file beside a request."""

import socket
import struct
import time

LENGTH = struct.Struct("!I")
LEAST_SECONDS = 0.001  # to wait: zero would mean not to wait, and be another error
MOST_BYTES = 50 * 1024**2  # of one message; the text of twenty thousand pages


def send(channel: socket.socket, message: bytes, *, descriptors: tuple[int, ...] = ()) -> None:
    """Send one message; open files go with its length."""
    socket.send_fds(channel, [LENGTH.pack(len(message))], descriptors)
    channel.sendall(message)


def receive(channel: socket.socket, *, descriptors: int = 0, seconds: float | None = None) -> tuple[bytes, list[int]]:
    """Receive one message and the files beside it.

    Raises:
        EOFError: the other side has gone, or sent more than a message may hold.
        TimeoutError: the whole of it was not there within `seconds`.

    """
    end = None if seconds is None else time.monotonic() + seconds
    channel.settimeout(seconds)
    head, files, _, _ = socket.recv_fds(channel, LENGTH.size, descriptors)
    while 0 < len(head) < LENGTH.size:
        head += exactly(channel, LENGTH.size - len(head), end)
    if not head:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    if length > MOST_BYTES:
        raise EOFError
    return exactly(channel, length, end), files


def exactly(channel: socket.socket, length: int, end: float | None) -> bytes:
    """Receive `length` bytes before the moment `end`, however small the pieces are that they come in."""
    message = bytearray()
    while len(message) < length:
        if end is not None:
            channel.settimeout(max(end - time.monotonic(), LEAST_SECONDS))
        piece = channel.recv(min(length - len(message), 1024**2))
        if not piece:
            raise EOFError
        message += piece
    return bytes(message)
