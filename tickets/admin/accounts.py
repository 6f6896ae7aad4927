"""User accounts in the admin, with the tickets that they hold."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.admin import DeskUserAdmin
from helpdesk.accounts.choosing import PersonField
from helpdesk.accounts.models import User
from helpdesk.accounts.people import assignable_users, work_tickets
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from tickets.models import Bulk
from tickets.services.assignment.assignable import count_held_by, tickets_held_by
from tickets.services.assignment.hand_over import NEXT, NOBODY, hand_over, running, works_now

PERSON = "person"


class HandOverForm(forms.Form):
    how = forms.ChoiceField(
        label=_("Hand over"),
        widget=forms.RadioSelect,
        choices=[
            (NEXT, _("Round robin within each ticket’s team")),
            ("queue", _("Return to the team queue, unassigned")),
            (PERSON, _("To one person")),
        ],
        initial=NEXT,
    )
    person = PersonField(label=_("Assignee"), queryset=User.objects.none(), required=False)

    def __init__(self, *args: Any, holder: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 (for the type checker)
        field.queryset = assignable_users().exclude(pk=holder.pk)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("how") == PERSON and not given.get("person"):
            self.add_error("person", _("Select a person."))
        return given

    @property
    def to(self) -> str:
        how, person = self.cleaned_data["how"], self.cleaned_data["person"]
        return str(person.pk) if how == PERSON else NEXT if how == NEXT else NOBODY


admin.site.unregister(User)


@admin.register(User)
class TicketHolderAdmin(DeskUserAdmin):
    """The user admin; for users who are deactivated it offers to hand over their tickets."""

    change_form_template = "admin/tickets/account_form.html"

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:object_id>/hand-over/",
            self.admin_site.admin_view(self.hand_over_view),
            name="accounts_user_hand_over",
        )
        return [own, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if user := context.get("original"):
            context["held"] = count_held_by(str(user.pk), now=this_second())
            context["works"] = works_now(str(user.pk), now=this_second())
        return super().render_change_form(request, context, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: User) -> HttpResponse:
        answer = super().response_change(request, obj)
        held_by = str(obj.pk)
        if work_tickets([held_by]) or not count_held_by(held_by, now=this_second()):
            return answer
        return redirect("admin:accounts_user_hand_over", obj.pk)

    def hand_over_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask who takes over a user's open tickets, and start the hand-over; or show
        its progress."""
        holder = get_object_or_404(User, pk=object_id)
        if not self.has_change_permission(request, holder):
            raise PermissionDenied
        under_way = running(str(holder.pk))
        if not under_way and works_now(str(holder.pk), now=this_second()):
            words = _(
                "%(name)s can work tickets now. Deactivate the account, take its groups away or "
                "enter an absence, then hand over its tickets."
            )
            self.message_user(request, words % {"name": holder.display_name}, messages.WARNING)
            return redirect("admin:accounts_user_change", holder.pk)
        form = HandOverForm(request.POST if request.method == "POST" else None, holder=holder)
        if form.is_bound and form.is_valid():
            try:
                started = hand_over(str(holder.pk), to=form.to, by=actor_of(request.user))
            except Invalid as refused:
                form.add_error(None, " ".join(refused.errors.values()))
            else:
                return self._started(request, holder, started)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Hand over tickets"),
            "opts": self.opts,
            "holder": holder,
            "form": form,
            "running": under_way,
            "count": len(tickets_held_by(str(holder.pk))),
        }
        return render(request, "admin/tickets/hand_over.html", context)

    def _started(self, request: HttpRequest, holder: User, started: list[Bulk]) -> HttpResponse:
        if not started:
            self.message_user(request, _("No tickets left to hand over."))
            return redirect("admin:accounts_user_change", holder.pk)
        numbers = ", ".join(str(job.pk) for job in started)
        self.log_change(request, holder, f"open tickets handed over: bulk changes {numbers}")
        if len(started) == 1:
            return redirect("bulk", started[0].pk)
        return redirect("admin:accounts_user_hand_over", holder.pk)
