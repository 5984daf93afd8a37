"""A kube-apiserver that only pretends: with the certificate and tokens that it is given, it says yes to who has one."""

import csv
import http.server
import json
import ssl
import sys
from pathlib import Path

options = dict(argument.removeprefix("--").split("=", 1) for argument in sys.argv[1:])
with Path(options["token-auth-file"]).open() as file:
    users = {f"Bearer {token}": user for token, user, *_ in csv.reader(file)}


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps nothing."""

    def answer(self) -> None:
        """Say yes, or that nobody is known by such a token."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        user = users.get(self.headers.get("Authorization", ""))
        body = json.dumps({"kind": "List", "items": [{"metadata": {"name": user}}]}).encode()
        self.send_response(200 if user else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Answer."""
        self.answer()

    def do_POST(self) -> None:
        """Answer."""
        self.answer()


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(options["tls-cert-file"], options["tls-private-key-file"])
with http.server.ThreadingHTTPServer((options["bind-address"], int(options["secure-port"])), Handler) as server:
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
