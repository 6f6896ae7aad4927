"""Access tokens for mailboxes of Google and Microsoft, which take no passwords any more."""

import json
import time
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext as _

from helpdesk.safe_http import AddressRefused, Unreachable, post
from tickets.models import Mailbox

LONGEST_ANSWER = 64 * 1024
SPARE = 120
"""Seconds before its end in which an access token is not used any more."""


_tokens: dict[tuple[int, str], tuple[str, float]] = {}
"""Kept by the process alone: what opens a mailbox stands in no store."""


class NoAccess(Exception):
    """No access token is to be had; the message says why, in people's words."""


def access_token(mailbox: Mailbox) -> str:
    """Return a token that is good now; a refresh token that is replaced is kept.

    One request to the provider when the last one ends. Raises NoAccess.
    """
    key = (mailbox.pk, mailbox.imap_secret)
    known = _tokens.get(key)
    if known and known[1] > time.monotonic():
        return known[0]
    form = {
        "grant_type": "refresh_token",
        "refresh_token": mailbox.imap_secret,
        "client_id": mailbox.oauth_client_id,
        "client_secret": mailbox.oauth_client_secret,
    }
    try:
        reply = post(
            mailbox.oauth_token_url,
            urlencode({name: value for name, value in form.items() if value}),
            {"Content-Type": "application/x-www-form-urlencoded"},
            private=settings.WEBHOOKS_TO_PRIVATE_ADDRESSES,
            most=LONGEST_ANSWER,
        )
        answer = json.loads(reply.text)
        token, seconds = str(answer["access_token"]), int(answer.get("expires_in", 3_600))
    except (AddressRefused, Unreachable) as error:
        raise NoAccess(_("The provider’s token URL could not be reached.")) from error
    except (ValueError, KeyError, TypeError) as error:
        raise NoAccess(_("The provider refused the refresh token.")) from error
    renewed = answer.get("refresh_token")
    if renewed and renewed != mailbox.imap_secret:
        mailbox.imap_secret = str(renewed)
        mailbox.save(update_fields=["imap_secret"])
    _tokens[mailbox.pk, mailbox.imap_secret] = token, time.monotonic() + seconds - SPARE
    return token
