"""Saved views: saved from a list, renamed, deleted and put in order."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.models import User
from helpdesk.messages import saved
from tickets.services.lists import list_settings, saved_views


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Save the filters of a list under a name."""
    view = saved_views.save_view(
        name=request.POST.get("name", ""),
        query=request.POST.get("query", ""),
        share_with=request.POST.get("team", ""),
        by=actor_of(request.user),
    )
    return redirect(f"{reverse('ticket_list')}?{view.query}")


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    by = actor_of(request.user)
    order = list_settings.settings_of(cast(User, request.user)).views
    views = [
        (view, saved_views.may_change(view, by)) for view in saved_views.views_in_order(by, order)
    ]
    return render(request, "tickets/saved_views.html", {"views": views, "view": "views"})


@require_POST
def rename(request: HttpRequest, view_id: int) -> HttpResponse:
    name = request.POST.get("name", "")
    view = saved_views.rename_view(view_id, name=name, by=actor_of(request.user))
    messages.success(request, _("View renamed to “%(name)s”.") % {"name": view.name})
    return redirect("views")


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, view_id: int) -> HttpResponse:
    """Ask, then delete a view."""
    by = actor_of(request.user)
    if request.method != "POST":
        found = saved_views.view_to_change(view_id, by=by)
        return render(request, "tickets/view_delete.html", {"view": "views", "found": found})
    saved_views.delete_view(view_id, by=by)
    saved(request, _("View deleted."))
    return redirect("views")


@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Set the order of the user's views: that of the fields, with one of them moved a place."""
    by = actor_of(request.user)
    shown = {str(view.pk) for view in saved_views.saved_views(by=by)}
    ids = [view_id for view_id in request.POST.getlist("order") if view_id in shown]
    moved, _space, way = request.POST.get("move", "").partition(" ")
    if moved in ids:
        place = ids.index(moved)
        ids.remove(moved)
        ids.insert(max(place + (1 if way == "down" else -1), 0), moved)
    list_settings.set_order_of_views(cast(User, request.user), list(map(int, ids)))
    return redirect("views")
