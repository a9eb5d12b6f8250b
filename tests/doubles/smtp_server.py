"""A mail server that speaks enough SMTP to take a notice, to refuse it, or to fail in the middle of it.

with smtp_server() as server:
    server.mood = "busy"
    ... NOTIFICATION_SMTP_HOST=127.0.0.1 NOTIFICATION_SMTP_PORT=server.port NOTIFICATION_SMTP_STARTTLS=false ...
"""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

USER, PASSWORD = "liftline", "canary-password"
PLAIN = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()


class SmtpServer(socketserver.ThreadingTCPServer):
    """Answers by its mood and remembers the mails that it took."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mood = "well"
        self.taken: list[str] = []
        self.closing = threading.Event()

    @property
    def port(self) -> int:
        """For NOTIFICATION_SMTP_PORT."""
        return int(self.server_address[1])


class _Session(socketserver.StreamRequestHandler):
    server: SmtpServer

    def handle(self) -> None:
        if self.server.mood == "stall":
            self.server.closing.wait(30)
            return
        self._say("220 mail.example ready")
        for line in self.rfile:
            verb = line.decode().strip().upper()
            if verb == "DATA":
                self._data()
            elif not self._answered(verb, line.decode().strip()):
                return

    def _answered(self, verb: str, line: str) -> bool:
        mood = self.server.mood
        if verb.startswith("EHLO"):
            self._say("250-mail.example", "250 AUTH PLAIN")
        elif verb.startswith("AUTH PLAIN"):
            self._say("235 in" if line.split()[-1] == PLAIN else "535 no such user")
        elif verb.startswith("RCPT") and (mood == "refusing" or (mood == "picky" and "MARK" in verb)):
            self._say("550 no such mailbox")
        elif verb.startswith("MAIL") and mood == "busy":
            self._say("451 try later")
        elif verb == "QUIT":
            self._say("221 bye")
            return False
        else:
            self._say("250 fine")
        return True

    def _data(self) -> None:
        self._say("354 go on")
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.decode())
        if self.server.mood == "dies":
            self.connection.close()
            return
        if self.server.mood == "full":
            self._say("452 no space")
            return
        self.server.taken.append("".join(lines))
        self._say("250 taken")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


@contextmanager
def smtp_server() -> Iterator[SmtpServer]:
    """The server, for as long as the block lasts."""
    server = SmtpServer()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
