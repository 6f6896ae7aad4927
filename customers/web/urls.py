from django.urls import path

from customers.web import pages

urlpatterns = [
    path("customers/", pages.customers, name="customer_list"),
    path("customers/new/", pages.new_customer, name="customer_new"),
    path("customers/<str:customer_id>/edit/", pages.change_customer, name="customer_edit"),
    path("customers/<str:customer_id>/vehicles/new/", pages.new_vehicle, name="vehicle_new"),
    path("vehicles/<str:vehicle_id>/edit/", pages.change_vehicle, name="vehicle_edit"),
]
