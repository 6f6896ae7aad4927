"""The search index of custom values, which is derived from customers and vehicles."""

from django.db import models


class CustomValue(models.Model):
    """A custom value of a customer or a vehicle: folded, and its place in the order of numbers or
    dates. Without a key, a word of one."""

    record = models.CharField(max_length=10)
    record_id = models.CharField(max_length=40)
    owner_id = models.CharField(max_length=40)
    key = models.CharField(max_length=30, blank=True)
    text = models.CharField(max_length=120)
    rank = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["record", "record_id"], name="custom_value_record"),
            models.Index(fields=["record", "key", "text", "record_id"], name="custom_value_text"),
            models.Index(fields=["record", "key", "rank", "record_id"], name="custom_value_rank"),
        ]

    def __str__(self) -> str:
        return f"{self.key}={self.text}"
