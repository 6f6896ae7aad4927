from django.urls import path

from reporting.web import (
    customer_report,
    dashboard,
    exports,
    pages,
    saved,
    schedules,
    simulation,
    wall,
)

urlpatterns = [
    path("sla/", dashboard.dashboard, name="sla"),
    path("sla/wall/", wall.wall, name="wall"),
    path("sla/wall/screens/", wall.screens, name="wall_screens"),
    path("sla/wall/screens/<int:television_id>/revoke/", wall.revoke, name="wall_revoke"),
    path("reports/", pages.reports, name="reports"),
    path("reports/table/", exports.table, name="report_table"),
    path(
        "customers/<str:customer_id>/report/",
        customer_report.customer_report,
        name="customer_report",
    ),
    path("reports/tickets/", pages.tickets, name="report_tickets"),
    path("reports/save/", saved.save, name="report_save"),
    path("reports/saved/<int:report_id>/delete/", saved.delete, name="report_delete"),
    path("reports/scheduled/", schedules.listed, name="report_schedules"),
    path("reports/scheduled/new/", schedules.new, name="report_schedule_new"),
    path("reports/scheduled/<int:schedule_id>/", schedules.edit, name="report_schedule"),
    path(
        "reports/scheduled/<int:schedule_id>/delete/",
        schedules.delete,
        name="report_schedule_delete",
    ),
    path("reports/scheduled/<int:schedule_id>/send/", schedules.send, name="report_schedule_send"),
    path("reports/simulation/", simulation.form, name="simulation"),
    path("reports/simulation/<int:simulation_id>/", simulation.result, name="simulation_result"),
    path("reports/simulation/<int:simulation_id>/step/", simulation.step, name="simulation_step"),
    # Addresses of earlier releases
    path("reports/what-if/", simulation.moved, name="what_if"),
    path("reports/what-if/<int:simulation_id>/", simulation.moved, name="what_if_answer"),
    path("reports/csv/", pages.csv, name="report_csv"),
]
