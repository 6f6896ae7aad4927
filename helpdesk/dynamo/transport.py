"""A short way to DynamoDB and back, for the operations that pages and tasks make.

botocore takes each request through layers that serve all of AWS: 0.50 ms of processor for one item,
of which 0.25 are left here. A handler of its `before-call` event, the one by which its own Stubber
 Whatever is no plain answer is left to botocore: a lost connection, a timeout, throttling, an
error of the server. It sends the same request again, with its retries and pauses.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.httpsession import get_cert_path
from botocore.parsers import create_parser
from botocore.session import Session
from botocore.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from helpdesk.clock import this_second
from helpdesk.dynamo import signature

CONNECT_TIMEOUT, READ_TIMEOUT = 2, 10
"""Seconds."""
CONNECTIONS = 32
USER_AGENT = "Helpdesk"

_TIMEOUT = Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT)

_OPERATIONS = frozenset(
    {
        *("GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"),
        *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
    }
)
_LEFT_TO_BOTOCORE = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "RequestLimitExceeded",
        "RequestThrottled",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "ExpiredTokenException",
        "UnrecognizedClientException",
        "InvalidSignatureException",
    }
)
"""Errors that another request, or fresh credentials, may not meet."""


@dataclass(frozen=True)
class Answer:
    """What botocore asks of the answer to a request."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


class Transport:
    """Answers requests of one client. Connections are shared by the threads of a process."""

    def __init__(self, session: Session, *, region: str) -> None:
        self._session = session
        self._region = region
        self._errors = create_parser("json")
        self._manager = PoolManager(
            maxsize=CONNECTIONS,
            timeout=_TIMEOUT,
            cert_reqs="CERT_REQUIRED",
            ca_certs=session.get_config_variable("ca_bundle") or get_cert_path(True),
        )
        self._pools: dict[str, HTTPConnectionPool] = {}

    def serve(self, client: Any) -> None:
        """Answer the client's requests, unless they have to go through a proxy."""
        if get_environ_proxies(client.meta.endpoint_url):
            return
        client.meta.events.register("before-call.dynamodb", self.answer)

    def answer(
        self, model: Any, params: dict[str, Any], **_: Any
    ) -> tuple[Answer, dict[str, Any]] | None:
        """Return an answer and what it says, as botocore would read it; None leaves the request to
        botocore."""
        credentials = self._session.get_credentials()
        if credentials is None or model.name not in _OPERATIONS:
            return None
        headers = signature.headers(
            host=urlsplit(params["url"]).netloc,
            target=params["headers"]["X-Amz-Target"],
            body=params["body"],
            credentials=credentials.get_frozen_credentials(),
            region=self._region,
            now=this_second(),
        )
        try:
            answer = self.send(params["url"], params["body"], headers | {"user-agent": USER_AGENT})
        except HTTPError:
            return None
        if answer.status_code == 200:
            try:
                return answer, read(answer.content)
            except ValueError:  # not an answer of DynamoDB
                return None
        if answer.status_code >= 500:
            return None
        said = {
            "status_code": answer.status_code,
            "headers": answer.headers,
            "body": answer.content,
        }
        parsed = self._errors.parse(said, None)
        code = parsed["Error"]["Code"]
        if code in _LEFT_TO_BOTOCORE:
            return None
        if (shape := model.service_model.shape_for_error_code(code)) is not None:
            parsed.update(self._errors.parse(said, shape))
        return answer, parsed

    def send(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Send a request once. Raises urllib3's HTTPError."""
        pool = self._pools.get(url)
        if pool is None:
            pool = self._pools[url] = self._manager.connection_from_url(url)
        sent = pool.urlopen("POST", "/", body, headers, retries=False, timeout=_TIMEOUT)
        return Answer(sent.status, sent.headers, sent.data)


def read(body: bytes) -> dict[str, Any]:
    """Return an answer's parameters. The JSON on the wire has the form that PynamoDB reads, except
    for binary values."""
    binary = b'"B"' in body or b'"BS"' in body
    parsed: dict[str, Any] = json.loads(body, object_hook=_decoded if binary else None)
    parsed["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}
    return parsed


def _decoded(found: dict[str, Any]) -> dict[str, Any]:
    match found:
        case {"B": str(value), **rest} if not rest:
            return {"B": base64.b64decode(value)}
        case {"BS": [str(), *_] as values, **rest} if not rest:
            return {"BS": [base64.b64decode(value) for value in values]}
    return found
