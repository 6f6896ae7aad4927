from django.urls import path

from customers.web import exports, imports, pages

urlpatterns = [
    path("customers/", pages.customers, name="customer_list"),
    path("customers/new/", pages.new_customer, name="customer_new"),
    path("customers/export/", exports.customers, name="customer_list_export"),
    path("vehicles/export/", exports.vehicles, name="vehicle_list_export"),
    path("customers/import/", imports.upload, name="customer_upload"),
    path("customers/import/<int:file_id>/", imports.page, name="customer_file"),
    path("customers/import/<int:file_id>/step/", imports.step, name="customer_file_step"),
    path("customers/import/<int:file_id>/report/", imports.report, name="customer_file_report"),
    path("customers/<str:customer_id>/edit/", pages.change_customer, name="customer_edit"),
    path("customers/<str:customer_id>/vehicles/new/", pages.new_vehicle, name="vehicle_new"),
    path("vehicles/<str:vehicle_id>/edit/", pages.change_vehicle, name="vehicle_edit"),
]
