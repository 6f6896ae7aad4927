"""“Simulate” on the form of a policy or calendar: what is typed, on recorded history, unsaved."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.module_loading import import_string

from helpdesk.accounts.actors import actor_of
from helpdesk.clock import this_second
from tickets.admin.impact_preview import ImpactAdmin, PreviewForm

SIMULATE = "_simulate"
_BUTTONS = ("csrfmiddlewaretoken", SIMULATE)


class SimulatedForm(PreviewForm):
    """A form whose draft can be simulated. It is validated as if it were saved, and is not."""

    can_simulate = True
    is_to_simulate = False

    def full_clean(self) -> None:
        if not self.is_bound or SIMULATE not in self.data:
            super().full_clean()
            return
        super(PreviewForm, self).full_clean()
        if not self.errors:
            self.is_to_simulate = self.is_held_back = True
            self.add_error(None, ValidationError("", code="held_back"))


class SimulatedAdmin(ImpactAdmin):
    """Leads to the simulation of what was typed, where that was asked for and is valid."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        if getattr(form, "is_to_simulate", False):
            typed = {name: request.POST.getlist(name) for name in request.POST}
            simulation_id = import_string(settings.DRAFT_SIMULATION)(
                form.instance,
                typed={name: values for name, values in typed.items() if name not in _BUTTONS},
                address=request.path,
                by=actor_of(request.user),
                now=this_second(),
            )
            return redirect("simulation_result", simulation_id)
        return super().render_change_form(request, context, *args, **kwargs)
