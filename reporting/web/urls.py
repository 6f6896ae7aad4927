from django.urls import path

from reporting.web import dashboard, pages, what_if

urlpatterns = [
    path("sla/", dashboard.dashboard, name="sla"),
    path("reports/", pages.reports, name="reports"),
    path("reports/tickets/", pages.tickets, name="report_tickets"),
    path("reports/what-if/", what_if.form, name="what_if"),
    path("reports/what-if/<int:asked_id>/", what_if.answer, name="what_if_answer"),
    path("reports/what-if/<int:asked_id>/step/", what_if.step, name="what_if_step"),
    path("reports/csv/", pages.csv, name="report_csv"),
]
