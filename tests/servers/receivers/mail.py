"""A mail server's end (RFC 5321): greets, takes sender, receivers and the message, remembers it, or refuses."""

import socketserver
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Self

OK = "250 OK"


@dataclass
class MailServer:
    """Listens on a port of this machine. With `refuses`, no receiver is taken."""

    refuses: bool = False
    messages: list[EmailMessage] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"mail": self}))
        self._tcp.daemon_threads = True
        threading.Thread(target=self._tcp.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._tcp.shutdown()
        self._tcp.server_close()

    @property
    def port(self) -> int:
        return int(self._tcp.server_address[1])

    def clear(self, *, refuses: bool = False) -> None:
        """Forget what was received, and take or refuse from now on."""
        self.refuses = refuses
        self.messages.clear()
        self.receivers.clear()


class _Handler(socketserver.StreamRequestHandler):
    mail: MailServer

    def handle(self) -> None:
        self._say("220 mail.test ESMTP")
        while line := self.rfile.readline():
            words = line.decode("ascii").strip()
            command = words[:4].upper()
            if command == "QUIT":
                self._say("221 bye")
                return
            self._answer(command, words)

    def _answer(self, command: str, words: str) -> None:
        if command == "DATA":
            self._take()
        elif command == "RCPT" and self.mail.refuses:
            self._say("550 no such mailbox")
        else:
            if command == "RCPT":
                self.mail.receivers.append(words[words.index("<") + 1 : words.index(">")])
            self._say(OK)

    def _take(self) -> None:
        self._say("354 end with a dot")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.mail.messages.append(message_from_bytes(b"".join(lines), policy=policy.default))
        self._say(OK)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode("ascii"))
