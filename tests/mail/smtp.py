"""A small mail server of the tests: it speaks SMTP and keeps what it gets."""

from contextlib import contextmanager
from email import message_from_bytes, policy
from socket import socket

from aiosmtpd.controller import Controller
from django.test import override_settings


class Box:
    """Keeps the messages; `answers` are refusals by address, `once` refuses the next command that hands over a text."""

    def __init__(self):
        self.messages = []
        self.answers = {}
        self.once = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.once:
            return self.once.pop()
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


@contextmanager
def mail_server():
    """Run a mail server on a free port, let Django send to it, and give its box."""
    box = Box()
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        backend = "django.core.mail.backends.smtp.EmailBackend"
        options = {"host": "127.0.0.1", "port": port, "timeout": 5}
        with override_settings(MAILERS={"default": {"BACKEND": backend, "OPTIONS": options}}):
            yield box
    finally:
        controller.stop()
