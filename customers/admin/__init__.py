"""Customers and vehicles in the admin, written through the same services as in the pages."""

from customers.admin.customer import CustomerAdmin, VehicleAdmin

__all__ = ["CustomerAdmin", "VehicleAdmin"]
