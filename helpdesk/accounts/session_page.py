"""The page on which users see where they are signed in, and sign out elsewhere."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts import sessions
from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.models import User


@require_safe
def user_sessions(request: HttpRequest) -> HttpResponse:
    """Show the sessions of the user, this one first."""
    assert isinstance(request.user, User)  # noqa: S101 (strangers are asked to sign in)
    here = request.session.get(sessions.KEY)
    found = sorted(
        sessions.sessions_of(request.user, now=timezone.now()), key=lambda one: one.pk != here
    )
    idle, longest = sessions.limits_of(sessions.role_of(actor_of(request.user)))
    context = {
        "sessions": found,
        "here": here,
        "idle_minutes": int(idle.total_seconds() // 60),
        "hours": int(longest.total_seconds() // 3600),
        "remembered_days": sessions.REMEMBERED.days,
        "view": "preferences",
    }
    return render(request, "accounts/sessions.html", context)


@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Sign out one other session of the user."""
    assert isinstance(request.user, User)  # noqa: S101
    own = sessions.sessions_of(request.user, now=timezone.now())
    session = get_object_or_404(own, pk=session_id)
    sessions.end([session], reason="elsewhere", now=timezone.now())
    messages.success(request, _("Signed out."))
    return redirect("user_sessions")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out every other session of the user."""
    ended = sessions.end_others(request)
    words = ngettext(
        "Signed out of %(count)s other session.", "Signed out of %(count)s other sessions.", ended
    )
    messages.success(request, words % {"count": ended})
    return redirect("user_sessions")
