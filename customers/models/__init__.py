"""Files on their way in; and customers and vehicles as the admin sees them."""

from customers.models.customer import Customer, Vehicle
from customers.models.file import CustomerFile

__all__ = ["Customer", "CustomerFile", "Vehicle"]
