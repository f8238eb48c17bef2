"""Which port to serve on: chosen by PORT, and free before anything is started."""

import errno
import socket
from pathlib import Path

HOST = "127.0.0.1"  # never a public address: put a reverse proxy with TLS in front instead
DEFAULT_PORT = 8000
PORT_FILE = "port"  # in the var folder: where the latest start served, for `make link`
REASONS = {errno.EADDRINUSE: "is in use", errno.EACCES: "needs more rights"}


class PortUnusable(Exception):
    """The port cannot be served on. The message names it, and the next step."""


def read_port(text: str) -> int:
    """Return the port that `text` names.

    :raises PortUnusable: when it names none.
    """
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise PortUnusable(f"PORT={text!r} is not a port. Choose one from 1 to 65535, for example `make run PORT=8123`.")


def require_free(port: int) -> None:
    """Make sure that nobody listens on `port`.

    :raises PortUnusable: naming the port, and how to choose another.
    """
    other = 8123 if port != 8123 else 8124
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError as exc:
            reason = REASONS.get(exc.errno or 0, "cannot be opened")
            raise PortUnusable(f"Port {port} {reason}. Choose another one: `make run PORT={other}`.") from exc


def latest_port(var_dir: Path) -> int:
    """Return the port of the latest start, or the default one."""
    try:
        return int((var_dir / PORT_FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return DEFAULT_PORT
