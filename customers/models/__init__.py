"""What Django's database keeps of customers: files on their way in."""

from customers.models.file import CustomerFile

__all__ = ["CustomerFile"]
