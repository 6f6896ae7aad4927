"""The list of undelivered emails."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.actors import actor_of
from tickets.presenters.labels import EMAIL_KINDS
from tickets.services.delivery import undelivered


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    found = undelivered.undelivered(by=actor_of(request.user))
    mails = [(EMAIL_KINDS.get(mail.kind, mail.kind), mail) for mail in found]
    context = {"mails": mails, "most": undelivered.SHOWN, "view": "undelivered"}
    return render(request, "tickets/undelivered.html", context)


@require_POST
def again(request: HttpRequest) -> HttpResponse:
    undelivered.try_again(request.POST.get("mail", ""), by=actor_of(request.user))
    messages.info(request, _("The email is being sent again."))
    return redirect("mail_undelivered")


@require_POST
def dismiss(request: HttpRequest) -> HttpResponse:
    undelivered.dismiss(request.POST.get("mail", ""), by=actor_of(request.user))
    return redirect("mail_undelivered")
