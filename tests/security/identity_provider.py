"""An identity provider of a test's own, in this process: it says what the test wants it to say.

tests/browser/test_sign_on.py has a real one.
"""

import json
import threading
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "helpdesk", "the desk's secret at the provider"
KEY = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})
ROTATED = RSAKey.generate_key(2048, parameters={"kid": "two", "use": "sig"})


class IdentityProvider:
    """Answers at `issuer`. What is in it can be changed between requests."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {
            "sub": "4711",
            "preferred_username": "Mira",
            "given_name": "Mira",
            "family_name": "Okafor",
            "email": "mira@posta.example",
            "email_verified": True,
            "groups": ["agents"],
        }
        self.key = KEY
        self.broken: dict[str, Any] = {}
        """Claims of the ID token that are other than they should be."""
        self.algorithm = "RS256"
        self.deactivated = self.away = False
        self.refreshed = 0
        self.asked: dict[str, str] = {}
        self.auth_time: float = time.time()
        self.codes: dict[str, dict[str, str]] = {}
        self.refresh_token = "refresh-0"
        self.requests: list[str] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.answer(self, {k: v[0] for k, v in parse_qs(body).items()})

            def log_message(self, *_args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: Any, form: dict[str, str]) -> None:
        path = urlsplit(handler.path).path
        self.requests.append(path)
        status, body = (
            (503, {}) if self.away else getattr(self, f"_{path.rsplit('/')[-1]}")(handler, form)
        )
        text = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def authorize(self, address: str) -> str:
        """Sign in as a browser does that was sent to `address`; return where it is sent back to."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        self.asked = asked
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        if asked.get("prompt") == "login":
            self.auth_time = time.time()
        back = urlsplit(asked["redirect_uri"]).path
        return f"{back}?{urlencode({'code': code, 'state': asked['state']})}"

    def sign(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": self.key.kid}
        return jwt.encode(header, claims, self.key)

    def id_token(self, **more: Any) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 600}
        claims |= {"sub": self.claims["sub"], "sid": "session-1", "auth_time": int(self.auth_time)}
        claims |= more
        claims |= self.broken
        return self.sign({k: v for k, v in claims.items() if v is not None})

    def logout_token(self, **other: Any) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "1"}
        claims |= {"sub": self.claims["sub"], "sid": "session-1"}
        claims |= {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}
        claims |= other
        return self.sign({k: v for k, v in claims.items() if v is not None})

    def _jwks(self, *_: Any) -> tuple[int, Any]:
        return 200, {"keys": [self.key.as_dict(private=False)]}

    def __getattr__(self, name: str) -> Any:
        if name == "_openid-configuration":
            return self._metadata
        raise AttributeError(name)

    def _metadata(self, *_: Any) -> tuple[int, Any]:
        ends = {f"{one}_endpoint": f"{self.issuer}/{one}" for one in ("token", "userinfo")}
        return 200, {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "end_session_endpoint": f"{self.issuer}/end",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            **ends,
        }

    def _userinfo(self, *_: Any) -> tuple[int, Any]:
        return (401, {}) if self.deactivated else (200, self.claims)

    def _token(self, _handler: Any, form: dict[str, str]) -> tuple[int, Any]:
        if self.deactivated:
            return 400, {"error": "invalid_grant"}
        more: dict[str, Any] = {}
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] != self.refresh_token:
                return 400, {"error": "invalid_grant"}
            self.refreshed += 1
        else:
            asked = self.codes.pop(form["code"], None)
            digest = sha256(form.get("code_verifier", "").encode()).digest()
            challenge = urlsafe_b64encode(digest).decode().rstrip("=")
            if asked is None or asked["code_challenge"] != challenge:
                return 400, {"error": "invalid_grant"}
            more["nonce"] = asked["nonce"]
        self.refresh_token = f"refresh-{self.refreshed}"
        return 200, {
            "access_token": f"access-{self.refreshed}",
            "token_type": "Bearer",
            "expires_in": 300,
            "refresh_token": self.refresh_token,
            "id_token": self.id_token(**more),
        }
