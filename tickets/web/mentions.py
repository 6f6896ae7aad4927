"""Whom a note can mention, for the completion of the composer."""

from dataclasses import asdict

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from helpdesk.accounts.actors import actor_of
from tickets.services.conversation.mentioning import mentionable


@require_safe
def names(request: HttpRequest) -> JsonResponse:
    found = [asdict(one) for one in mentionable(by=actor_of(request.user))]
    return JsonResponse({"names": found})
