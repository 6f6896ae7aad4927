"""Problems with fetching a mailbox."""

from enum import StrEnum


class Problem(StrEnum):
    """The reason why a mailbox cannot be fetched. The server's words are stored beside it."""

    UNAVAILABLE = "unavailable"  # no server answers, or the name is unknown
    CERTIFICATE = "certificate"
    REJECTED = "rejected"  # username, password or access token
    FOLDER = "folder"  # there is none of this name
    CLOSED = "closed"  # the connection broke
    REFUSED = "refused"  # the server answers a request with no
    PROVIDER_UNAVAILABLE = "provider-unavailable"  # of OAuth2
    REFRESH_TOKEN = "refresh-token"  # noqa: S105 (the name of a problem)
    HERE = "here"  # the desk itself: its storage or database
