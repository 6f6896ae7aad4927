from django.urls import path

from tickets.web import actions, create, notices, pages, why

urlpatterns = [
    path("", pages.my_work, name="my_work"),
    path("tickets/", pages.ticket_list, name="ticket_list"),
    path("notices/", notices.page, name="notices"),
    path("notices/bell/", notices.bell, name="notices_bell"),
    path("notices/read/", notices.read, name="notices_read"),
    path("tickets/new/", create.new, name="ticket_new"),
    path("tickets/new/customers/", create.customers, name="ticket_customers"),
    path("tickets/new/vehicles/", create.vehicles, name="ticket_vehicles"),
    path("tickets/<str:ticket_id>/", pages.ticket, name="ticket_detail"),
    path("tickets/<str:ticket_id>/why/", why.why, name="ticket_why"),
    path("tickets/<str:ticket_id>/log/", pages.older, name="ticket_log"),
    path("tickets/<str:ticket_id>/reply/", actions.reply, name="ticket_reply"),
    path("tickets/<str:ticket_id>/note/", actions.note, name="ticket_note"),
    path("tickets/<str:ticket_id>/assign/", actions.assign, name="ticket_assign"),
    path("tickets/<str:ticket_id>/status/", actions.status, name="ticket_status"),
    path("tickets/<str:ticket_id>/priority/", actions.priority, name="ticket_priority"),
    path("tickets/<str:ticket_id>/wait/", actions.wait, name="ticket_wait"),
    path("tickets/<str:ticket_id>/escalate/", actions.escalate, name="ticket_escalate"),
]
