"""Customers and vehicles in the admin: written through the services that the pages use."""

from customers.admin.customer import CustomerAdmin, VehicleAdmin

__all__ = ["CustomerAdmin", "VehicleAdmin"]
