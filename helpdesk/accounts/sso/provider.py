"""The identity provider, as OpenID Connect describes it.

Authlib makes the requests with PKCE, state and nonce, and checks ID tokens. What it leaves to its
caller is here: only asymmetric signatures of the configured issuer count, for this client.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import DjangoIntegration, DjangoOAuth2App
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import RequestException

TIMEOUT = 5
"""Seconds that the provider may take for each answer."""

SIGNATURES = frozenset(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"))
SIGNATURES |= {"ES256", "ES384", "ES512"}
"""Those with a public key: nobody who knows the client's secret can sign with them."""

LEEWAY = 60
"""Seconds by which the provider's clock may differ."""

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

NO = frozenset(("invalid_grant", "access_denied", "invalid_token", "interaction_required"))
NO |= {"login_required"}
"""Errors by which a provider refuses an account; others say that something else is wrong."""


class Away(Exception):
    """The provider does not answer, or not as it should."""


class Refused(Exception):
    """The provider, or what it sent, does not allow a sign-in."""


class AccountRefused(Refused):
    """The provider no longer lets this account in."""


@dataclass(frozen=True)
class Answer:
    """What the provider says of an account, and the tokens to ask again with."""

    claims: dict[str, Any]
    access_token: str = ""
    refresh_token: str = ""
    id_token: str = ""
    state_data: dict[str, Any] = field(default_factory=dict)
    """What was remembered when the browser was sent to the provider."""


class _Client(DjangoOAuth2App):
    """Authlib's client, which trusts the metadata of the configured issuer alone."""

    def load_server_metadata(self) -> dict[str, Any]:
        known = "_loaded_at" in self.server_metadata
        metadata: dict[str, Any] = super().load_server_metadata()
        if known:
            return metadata
        if metadata.get("issuer") != settings.OIDC_ISSUER:
            del metadata["_loaded_at"]
            raise Refused("issuer")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = sorted(SIGNATURES & set(offered))
        if not settings.OIDC_CLIENT_SECRET:
            method = "none"
        else:
            methods = metadata.get("token_endpoint_auth_methods_supported") or []
            basic = not methods or "client_secret_basic" in methods
            method = "client_secret_basic" if basic else "client_secret_post"
        self.client_kwargs["token_endpoint_auth_method"] = method
        return metadata


def is_on() -> bool:
    """Whether an identity provider is configured."""
    return bool(settings.OIDC_ISSUER)


def way_there(request: HttpRequest, *, again: bool = False, **remembered: Any) -> str:
    """Return the address at the provider where the user signs in; remember what for.

    `again` has the provider ask even somebody who is signed in there. Raises Away, Refused.
    """
    more = {"prompt": "login", "max_age": 0} if again else {}
    client = _client()
    callback = own_address(request, "sso_callback")
    with _errors():
        made = client.create_authorization_url(callback, **more)
    client.save_authorize_data(request, redirect_uri=callback, **made, **remembered)
    return str(made["url"])


def arrival(request: HttpRequest) -> Answer:
    """Return what the provider says of whom it sends back, once for each way there.

    Raises Away; Refused if the provider sent nobody, or state, nonce, signature, issuer, audience
    or time are not those that are expected.
    """
    client = _client()
    state = request.GET.get("state", "")
    state_data = client.framework.get_state_data(request.session, state) or {}
    with _errors():
        token = client.authorize_access_token(
            request, claims_options=_claims_options(), leeway=LEEWAY
        )
        claims = token.get("userinfo")
        if not claims:
            raise Refused("no ID token")
        return _answer(client, token, dict(claims), state_data=state_data)


def confirmation(*, subject: str, access_token: str, refresh_token: str) -> Answer:
    """Ask the provider whether an account is still good, and return what it says.

    A refresh token is used up for new tokens. One or two requests. Raises Away, Refused;
    AccountRefused also for a token that is merely too old.
    """
    client = _client()
    with _errors():
        metadata = client.load_server_metadata()
        token: dict[str, Any] = {"access_token": access_token}
        claims: dict[str, Any] = {}
        if refresh_token:
            with client._get_oauth_client(**metadata) as session:
                token = dict(
                    session.refresh_token(
                        metadata["token_endpoint"], refresh_token=refresh_token, scope=None
                    )
                )
            token.setdefault("refresh_token", refresh_token)
            if "id_token" in token:
                claims = dict(
                    client.parse_id_token(
                        token, nonce=None, claims_options=_claims_options(), leeway=LEEWAY
                    )
                )
        answer = _answer(client, token, claims, state_data={})
    if answer.claims.get("sub") != subject:
        raise Refused("subject")
    return answer


def way_out(request: HttpRequest, id_token: str) -> str:
    """Return the address at the provider that signs out there and leads back; empty if it has none.

    Raises Away, Refused.
    """
    client = _client()
    with _errors():
        if not client.load_server_metadata().get("end_session_endpoint"):
            return ""
        made = client.create_logout_url(
            post_logout_redirect_uri=own_address(request, "login"),
            id_token_hint=id_token,
            client_id=settings.OIDC_CLIENT_ID,
        )
    return str(made["url"])


def signed_out_there(logout_token: str) -> tuple[str, str]:
    """Return subject and session of a logout token (back-channel logout), either empty.

    Raises Away; Refused for anything that is not a logout token of this provider for this client.
    """
    client = _client()
    with _errors():
        allowed = client.load_server_metadata()["id_token_signing_alg_values_supported"]
        registry = JWSRegistry(algorithms=allowed, strict_check_header=False)
        try:
            keys = KeySet.import_key_set(client.fetch_jwk_set())
            decoded = jwt.decode(logout_token, keys, registry=registry)
        except JoseError:
            keys = KeySet.import_key_set(client.fetch_jwk_set(force=True))
            decoded = jwt.decode(logout_token, keys, registry=registry)
        claims = decoded.claims
        jwt.JWTClaimsRegistry(
            leeway=LEEWAY, iat={"essential": True}, **_claims_options(subject=False)
        ).validate(claims)
    known = claims.get("events")
    if not isinstance(known, dict) or LOGOUT_EVENT not in known or "nonce" in claims:
        raise Refused("no logout token")
    subject, session = str(claims.get("sub") or ""), str(claims.get("sid") or "")
    if not (subject or session):
        raise Refused("no subject")
    return subject, session


def own_address(request: HttpRequest, name: str) -> str:
    """Return the public address of a page, which the provider knows."""
    path = reverse(name)
    return f"{settings.DESK_URL}{path}" if settings.DESK_URL else request.build_absolute_uri(path)


def _answer(
    client: _Client, token: dict[str, Any], claims: dict[str, Any], *, state_data: dict[str, Any]
) -> Answer:
    """Return the answer with what the userinfo endpoint adds to the claims of the ID token."""
    if client.server_metadata.get("userinfo_endpoint"):
        found = client.get(client.server_metadata["userinfo_endpoint"], token=token)
        if found.status_code in (401, 403):
            raise AccountRefused("userinfo")
        found.raise_for_status()
        userinfo = found.json()
        if claims and userinfo.get("sub") != claims.get("sub"):
            raise Refused("subject")
        claims = {**userinfo, **claims}
    return Answer(
        claims=claims,
        access_token=str(token.get("access_token") or ""),
        refresh_token=str(token.get("refresh_token") or ""),
        id_token=str(token.get("id_token") or ""),
        state_data=state_data,
    )


def _claims_options(*, subject: bool = True) -> dict[str, Any]:
    options: dict[str, Any] = {
        "iss": {"essential": True, "value": settings.OIDC_ISSUER},
        "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID},
    }
    return options | ({"sub": {"essential": True}} if subject else {})


class _errors:  # noqa: N801 (a context manager)
    """Turn errors of Authlib, joserfc and requests into Away and Refused."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: Any, _traceback: Any) -> None:
        if isinstance(error, OAuthError):
            named = str(error.error)
            if named in NO:
                raise AccountRefused(named) from None
            raise (Refused if named == "mismatching_state" else Away)(named) from None
        if isinstance(error, JoseError):
            raise Refused(type(error).__name__) from None
        if isinstance(error, RequestException | ValueError | KeyError):
            raise Away(type(error).__name__) from None


def _client() -> _Client:
    return _client_of(
        settings.OIDC_ISSUER,
        settings.OIDC_CLIENT_ID,
        settings.OIDC_CLIENT_SECRET,
        settings.OIDC_SCOPES,
    )


@lru_cache(maxsize=4)
def _client_of(issuer: str, client_id: str, secret: str, scopes: str) -> _Client:
    """Return this process's client, which remembers the provider's metadata and keys."""
    return _Client(
        DjangoIntegration("oidc"),
        name="oidc",
        client_id=client_id,
        client_secret=secret or None,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": scopes,
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT,
        },
    )
