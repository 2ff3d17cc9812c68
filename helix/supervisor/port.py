"""Is the port free? Asked before anything starts, because a sentence now beats a stack trace later."""

import errno
import socket

from helix.supervisor.errors import CannotRun


def check(host: str, port: int) -> None:
    """Raises CannotRun where nothing could listen on `host` and `port`."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise CannotRun(
            f"HOST={host} is no address of this machine. Use HOST=127.0.0.1 for this machine alone."
        ) from error
    family, kind, protocol, _, address = addresses[0]
    with socket.socket(family, kind, protocol) as probe:
        # As the server does it: a connection that has just ended does not occupy the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            raise CannotRun(_sentence(host, port, error)) from error


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8000
        return f"Port {port} is already in use. Stop what listens there, or choose another port: PORT={other} make run"
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than this account has. Choose one above 1023: PORT=8000 make run"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"HOST={host} is no address of this machine. Use HOST=127.0.0.1 for this machine alone."
    return f"Nothing can listen on {host}, port {port}: {error.strerror}."
