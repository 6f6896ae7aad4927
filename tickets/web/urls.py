from django.urls import path

from tickets.web import actions, bulk, create, lists, live, nav, notices, pages, team, why

urlpatterns = [
    path("", lists.my_work, name="my_work"),
    path("tickets/", lists.ticket_list, name="ticket_list"),
    path("views/", lists.save_view, name="view_save"),
    path("views/<int:view_id>/delete/", lists.delete_view, name="view_delete"),
    path("team/", team.page, name="team"),
    path("nav/", nav.nav, name="nav"),
    path("live/", live.desk, name="live"),
    path("bulk/", bulk.start, name="bulk_start"),
    path("bulk/<int:bulk_id>/", bulk.page, name="bulk"),
    path("bulk/<int:bulk_id>/step/", bulk.step, name="bulk_step"),
    path("notices/", notices.page, name="notices"),
    path("notices/bell/", notices.bell, name="notices_bell"),
    path("notices/read/", notices.read, name="notices_read"),
    path("tickets/new/", create.new, name="ticket_new"),
    path("tickets/new/customers/", create.customers, name="ticket_customers"),
    path("tickets/new/vehicles/", create.vehicles, name="ticket_vehicles"),
    path("tickets/<str:ticket_id>/", pages.ticket, name="ticket_detail"),
    path("tickets/<str:ticket_id>/parts/", pages.parts, name="ticket_parts"),
    path("tickets/<str:ticket_id>/live/", live.ticket, name="ticket_live"),
    path("tickets/<str:ticket_id>/why/", why.why, name="ticket_why"),
    path("tickets/<str:ticket_id>/log/", pages.older, name="ticket_log"),
    path("tickets/<str:ticket_id>/canned/<int:reply_id>/", pages.canned_text, name="ticket_canned"),
    path(
        "tickets/<str:ticket_id>/files/<str:line_id>/<int:place>/", pages.file, name="ticket_file"
    ),
    path("tickets/<str:ticket_id>/reply/", actions.reply, name="ticket_reply"),
    path("tickets/<str:ticket_id>/note/", actions.note, name="ticket_note"),
    path("tickets/<str:ticket_id>/assign/", actions.assign, name="ticket_assign"),
    path("tickets/<str:ticket_id>/status/", actions.status, name="ticket_status"),
    path("tickets/<str:ticket_id>/priority/", actions.priority, name="ticket_priority"),
    path("tickets/<str:ticket_id>/change/", actions.change, name="ticket_change"),
    path("tickets/<str:ticket_id>/wait/", actions.wait, name="ticket_wait"),
    path("tickets/<str:ticket_id>/escalate/", actions.escalate, name="ticket_escalate"),
    path("tickets/<str:ticket_id>/merge/", actions.merge, name="ticket_merge"),
    path("tickets/<str:ticket_id>/unmerge/", actions.undo_merge, name="ticket_unmerge"),
    path("tickets/<str:ticket_id>/link/", actions.link, name="ticket_link"),
    path("tickets/<str:ticket_id>/split/", actions.split, name="ticket_split"),
    path("tickets/<str:ticket_id>/mail/", actions.send_again, name="ticket_mail"),
]
