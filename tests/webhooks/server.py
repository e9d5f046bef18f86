"""A small web server of the tests that does what other people's servers do: answer, hang, redirect, drip, flood."""

import datetime as dt
import ssl
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers), text))
        name = self.path.strip("/").partition("?")[0].replace("-", "_") or "ok"
        try:
            getattr(self, f"do_{name}")()
        except (BrokenPipeError, ConnectionResetError):
            self.server.cut.append(self.path)

    def answer(self, status, text=b"", **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_ok(self):
        self.answer(200, b"thanks")

    def do_broken(self):
        self.answer(500, b"<h1>oops</h1>")

    def do_gone(self):
        self.answer(410)

    def do_later(self):
        self.answer(429, Retry_After="900")

    def do_later_rubbish(self):
        self.wfile.write(b"HTTP/1.1 503 No\r\nRetry-After: \xb2\r\nContent-Length: 0\r\n\r\n")

    def do_nowhere(self):
        self.answer(307, Location="http://[oops/")

    def do_hang(self):
        self.server.stop.wait(30)

    def do_drip(self):
        """Send a header, letter by letter, without end: no single read waits long."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        while not self.server.stop.is_set():
            self.wfile.write(b"a")
            self.wfile.flush()
            time.sleep(0.05)

    def do_flood(self):
        """Answer a hundred megabytes."""
        self.send_response(200)
        self.send_header("Content-Length", str(100 * 1024 * 1024))
        self.end_headers()
        for _each in range(1600):
            self.wfile.write(b"x" * 65536)

    def do_rubbish(self):
        self.wfile.write(b"\x00\xff\xfe this is no HTTP\r\n\r\n")
        self.close_connection = True

    def do_binary(self):
        self.answer(200, b"\x00\xff\xfe", Content_Type="application/octet-stream", Content_Encoding="gzip")

    def do_inwards(self):
        self.answer(307, Location="http://127.0.0.1:1/")

    def do_inwards_302(self):
        self.answer(302, Location="http://169.254.169.254/latest/meta-data/")

    def do_elsewhere(self):
        self.answer(308, Location="/ok")

    def do_round(self):
        self.answer(307, Location="/round")

    def log_message(self, *args):
        """Say nothing."""


def certificate_for(name, folder):
    """Write a certificate of a host's name that it signed itself; return its path and that of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@contextmanager
def web_server(certificate=None):
    """Run the server on a free port of this machine; with a certificate (and key) it speaks TLS."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    server.requests, server.cut, server.stop = [], [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop.set()
        server.shutdown()
        server.server_close()
