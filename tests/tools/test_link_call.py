"""Whom a company's server asks as its vendor's, and what it takes for an answer."""

import http.server
import json
import socket
import threading
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from ...tools import csc, key_seal, link_call
from ...tools.link_token import hash_token

TOKEN = "a" * 43
PUBLIC = "93.184.216.34"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as its path says, and keeps what it was asked."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers), json.loads(body)))
        if self.path == "/slow":
            self.server.released.wait(30)
            return
        if self.path == "/dripping":
            self.send_response(200)
            self.end_headers()
            while not self.server.released.wait(0.05):
                try:
                    self.wfile.write(b" ")
                except OSError:
                    break
            return
        status, content = self.server.answers[self.path]
        self.send_response(status)
        self.send_header("Location", "/fine")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@tagged("post_install", "-at_install")
class TestLinkCall(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        cls.server.asked, cls.server.released = [], threading.Event()
        cls.server.answers = {
            "/fine": (200, b'{"a": 1}'),
            "/refusing": (403, b'{"reason": "code"}'),
            "/elsewhere": (302, b"{}"),
            "/list": (200, b"[]"),
            "/text": (200, b"<html>"),
            "/deep": (200, b"[" * 100_000),
            "/large": (200, b'"' + b"x" * 100 + b'"'),
        }
        thread = threading.Thread(target=cls.server.serve_forever)
        thread.start()
        cls.addClassCleanup(thread.join)
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        cls.addClassCleanup(cls.server.released.set)
        cls.address = f"http://127.0.0.1:{cls.server.server_port}"

    def call(self, path="/fine", address=None, **options):
        options.setdefault("allow_private", True)
        return link_call.call(address or self.address, path, {"b": 2}, **options)

    def assertFails(self, code, *args, **options):
        with self.assertRaises(link_call.CallFailed) as caught:
            self.call(*args, **options)
        self.assertEqual(caught.exception.code, code)

    def test_a_code_names_a_server_and_holds_a_token(self):
        for code, address in (
            (f"https://vendor.example/certificate/link#{TOKEN}", "https://vendor.example"),
            (
                f" https://vendor.example:8443/x#{TOKEN[:20]}\n{TOKEN[20:]} ",
                "https://vendor.example:8443",
            ),
            (f"https://[2001:db8::1]/#{TOKEN}", "https://[2001:db8::1]"),
            (f"http://localhost:8069/#{TOKEN}", "http://localhost:8069"),
        ):
            with self.subTest(code=code):
                self.assertEqual(link_call.read_code(code), (address, TOKEN))
        for code in (
            "",
            None,
            TOKEN,
            f"#{TOKEN}",
            "https://vendor.example/#short",
            f"http://vendor.example/#{TOKEN}",
            f"http://127.0.0.1.example/#{TOKEN}",
            f"ftp://localhost/#{TOKEN}",
            f"https://user@vendor.example/#{TOKEN}",
            f"https://vendor.example:x/#{TOKEN}",
            f"https://vendor.example/?a=1#{TOKEN}",
            f"https://véndor.example/#{TOKEN}",
            f"https://[::1/#{TOKEN}",
        ):
            with self.subTest(code=code), self.assertRaises(link_call.CallFailed):
                link_call.read_code(code)

    def test_an_answer_is_an_object_from_where_it_was_asked(self):
        self.assertEqual(self.call(headers={"X-A": "1"}), link_call.Answer(200, {"a": 1}))
        path, headers, body = self.server.asked[-1]
        self.assertEqual((path, headers["X-A"], body), ("/fine", "1", {"b": 2}))
        self.assertEqual(self.call("/refusing").status, 403)
        asked = len(self.server.asked)
        self.assertFails("redirected", "/elsewhere")
        self.assertEqual(len(self.server.asked), asked + 1)
        for path in ("/list", "/text", "/deep"):
            self.assertFails("not_understood", path)
        with patch.object(link_call, "ANSWER_MAX", 50):
            self.assertFails("not_understood", "/large")

    def test_nobody_is_waited_for_longer_than_that(self):
        with patch.object(link_call, "ANSWER_SECONDS", 0.3):
            self.assertFails("too_slow", "/slow")
            self.assertFails("too_slow", "/dripping")

    def test_this_machine_and_private_networks_are_asked_where_that_is_allowed(self):
        self.assertFails("private_address", allow_private=False)
        found = []

        def look_up(host, port, **_options):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found[0], port))]

        connected = []

        def connect(address, timeout):
            connected.append(address[0])
            raise OSError

        with (
            patch.object(socket, "getaddrinfo", look_up),
            patch.object(socket, "create_connection", connect),
        ):
            for address, allowed, code in (
                (PUBLIC, False, "not_reached"),
                ("10.0.0.5", False, "private_address"),
                ("10.0.0.5", True, "not_reached"),
                ("192.168.1.1", False, "private_address"),
                ("::ffff:10.0.0.5", False, "private_address"),
                # Of a cloud's own service, and of this machine by another name: never.
                ("169.254.169.254", True, "private_address"),
                ("127.0.0.1", True, "private_address"),
                ("0.0.0.0", True, "private_address"),
                ("224.0.0.1", True, "private_address"),
                ("::1", False, "private_address"),
            ):
                found[:] = [address]
                connected.clear()
                with self.subTest(address=address, allowed=allowed):
                    self.assertFails(code, address="https://vendor.example", allow_private=allowed)
                    self.assertEqual(connected, [address] if code == "not_reached" else [])
        with patch.object(socket, "getaddrinfo", side_effect=OSError):
            self.assertFails("not_reached", address="https://vendor.example")
        self.assertFails("address", address="http://vendor.example")

    def test_a_server_proves_who_it_is(self):
        # It speaks no TLS at all.
        self.assertFails("certificate", address=self.address.replace("http:", "https:"))

    def test_a_key_is_opened_where_the_request_is_made_and_nowhere_else(self):
        secrets = (key_seal.Secret(b"s" * 40),)
        for known in (secrets, ()):
            sealed, key_hash = link_call.make_key(known, b"here")
            options = {"allow_private": True}
            link_call.call_sealed(
                sealed, known, b"here", self.address, "/fine", {}, database="0b3c", **options
            )
            token = csc.read_bearer(self.server.asked[-1][1]["Authorization"])
            self.assertEqual((hash_token(token.key), token.database), (key_hash, "0b3c"))
            self.assertEqual(token.key.encode() in sealed, not known)
        sealed = link_call.seal_text(TOKEN, secrets, b"here")
        link_call.call_sealed(sealed, secrets, b"here", self.address, "/fine", {"a": 1}, **options)
        self.assertEqual(self.server.asked[-1][2], {"a": 1, "code": TOKEN})
        with self.assertRaises(key_seal.SealError):
            link_call.call_sealed(sealed, secrets, b"there", self.address, "/fine", {}, **options)
        # An error keeps nothing of it.
        try:
            link_call.call_sealed(
                sealed, secrets, b"here", self.address, "/text", {}, database="x", **options
            )
        except link_call.CallFailed as error:
            frames, step = [], error.__traceback__
            while step:
                frames.append(str(step.tb_frame.f_locals))
                step = step.tb_next
            self.assertNotIn(TOKEN, "".join(frames[1:]))
            self.assertIsNone(error.__context__)
