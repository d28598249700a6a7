"""API Gateway for one test: a real HTTP server whose routes are the project's functions, as the deployed stack has them.

It verifies SigV4 with botocore's own signer, as IAM would, and keeps every exchange, so that answers can be checked against the model.
"""

from __future__ import annotations

import base64
import hmac
import json
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

__all__ = ["ACCESS_KEY", "SECRET_KEY", "Exchange", "Gateway", "http_event", "serve"]

ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

Function = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    path: str
    target: str
    scope: str | None
    given: bytes
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Gateway:
    """A running gateway."""

    url: str
    exchanges: list[Exchange] = field(default_factory=list)


def http_event(path: str, headers: Mapping[str, str], body: bytes, *, query: str = "", route: str | None = None) -> dict[str, Any]:
    """The payload 2.0 event of a POST; bodies that are not text by their type come in base64, as AWS sends them."""
    return {
        "version": "2.0",
        "routeKey": f"POST {route or path}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {"requestId": base64.b64encode(uuid.uuid4().bytes[:11]).decode(), "http": {"method": "POST", "path": path}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


@contextmanager
def serve(routes: Mapping[str, Function], *, prefix: str = "", scope_service: str | None = None) -> Iterator[Gateway]:
    """Serve routes on a free port of this machine.

    Args:
        routes: function by path.
        prefix: a stage before every path, such as "/prod".
        scope_service: the service that signatures must name; None lets everybody in. Whoever comes to /keys is let in, as by a
            route without an authorizer.
    """
    gateway = Gateway("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer is one packet: a second would wait for the receiver's delayed acknowledgement

        def log_message(self, *_: object) -> None:
            return

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = dict(self.headers.items())
            whole, _, query = self.path.partition("?")
            route = whole.removeprefix(prefix).rstrip("/") or "/"
            wanted = None if route == "/keys" else scope_service
            scope = _signed_scope(f"http://{self.headers['host']}{self.path}", headers, body) if wanted else None
            function = routes.get(route)
            if wanted and (scope is None or scope.split("/")[2] != wanted):
                answer: dict[str, Any] = {"statusCode": 403, "body": '{"message":"Forbidden"}'}
            elif function is None:
                answer = {"statusCode": 404, "body": '{"message":"Not Found"}'}
            else:
                answer = json.loads(json.dumps(function(http_event(whole or "/", headers, body, query=query, route=route))))
            content = answer["body"].encode()
            given = {"content-type": "application/json", **answer.get("headers", {})}
            target = self.headers.get("x-amz-target", "")
            gateway.exchanges.append(Exchange(route, target, scope, body, answer["statusCode"], given, content))
            self.send_response(answer["statusCode"])
            for name, value in (given | {"content-length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    gateway.url = f"http://127.0.0.1:{server.server_port}{prefix}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _signed_scope(url: str, headers: Mapping[str, str], body: bytes) -> str | None:
    """`date/region/service/aws4_request` of a request whose signature is right; None for any other."""
    lowered = {name.lower(): value for name, value in headers.items()}
    scheme, _, rest = lowered.get("authorization", "").partition(" ")
    if scheme != "AWS4-HMAC-SHA256":
        return None
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    access_key, scope = parts["Credential"].split("/", 1)
    if access_key != ACCESS_KEY:
        return None
    _, region, service, _ = scope.split("/")
    request = AWSRequest("POST", url, data=body, headers={name: lowered[name] for name in parts["SignedHeaders"].split(";")})
    request.context["timestamp"] = lowered["x-amz-date"]
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), service, region)
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return scope if hmac.compare_digest(expected, parts["Signature"]) else None
