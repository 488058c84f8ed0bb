"""Messages between parent and child: a length, that many bytes of JSON, and the open file beside a request."""

import socket
import struct

LENGTH = struct.Struct("!I")
MOST_BYTES = 50 * 1024**2  # of one message; the text of twenty thousand pages


def send(channel: socket.socket, message: bytes, *, descriptors: tuple[int, ...] = ()) -> None:
    """Send one message; open files go with its length."""
    socket.send_fds(channel, [LENGTH.pack(len(message))], descriptors)
    channel.sendall(message)


def receive(channel: socket.socket, *, descriptors: int = 0) -> tuple[bytes, list[int]]:
    """Receive one message and the files beside it.

    Raises:
        EOFError: the other side has gone, or sent more than a message may hold.
        TimeoutError: the channel has a timeout, and it has passed.

    """
    head, files, _, _ = socket.recv_fds(channel, LENGTH.size, descriptors)
    while 0 < len(head) < LENGTH.size:
        head += exactly(channel, LENGTH.size - len(head))
    if not head:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    if length > MOST_BYTES:
        raise EOFError
    return exactly(channel, length), files


def exactly(channel: socket.socket, length: int) -> bytes:
    message = bytearray()
    while len(message) < length:
        piece = channel.recv(min(length - len(message), 1024**2))
        if not piece:
            raise EOFError
        message += piece
    return bytes(message)
