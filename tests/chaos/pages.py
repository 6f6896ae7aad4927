"""What a client of the API reads page by page."""

import urllib.parse
from collections import Counter


def listed(client, words):
    """How often each subject is found by these words, page by page."""
    found, asked = Counter(), {"q": words, "limit": 100}
    while True:
        _status, answer = client.ask("GET", f"/tickets?{urllib.parse.urlencode(asked)}")
        found.update(one["subject"] for one in answer["items"])
        if not answer.get("nextCursor"):
            return found
        asked["cursor"] = answer["nextCursor"]


def communications(client, path):
    """Everything that was written on a ticket, page by page."""
    found, cursor = [], ""
    while cursor is not None:
        _status, answer = client.ask("GET", path.rstrip("/") + cursor)
        found += answer["communications"]
        following = answer.get("communicationsCursor")
        cursor = f"?communicationsCursor={urllib.parse.quote(following)}" if following else None
    return found
