"""Uploaded files, and the admin's models of customers and vehicles."""

from customers.models.custom_value import CustomValue
from customers.models.customer import Customer, Vehicle
from customers.models.file import CustomerFile

__all__ = ["CustomValue", "Customer", "CustomerFile", "Vehicle"]
