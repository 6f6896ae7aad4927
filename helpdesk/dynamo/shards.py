"""Index partitions that end in a shard number, such as `Open#0`.

A DynamoDB partition takes about 1,000 writes a second. An index whose partition is a status has
few partitions, so each is cut into DYNAMODB_SHARDS; which one an item is in follows from its id.
"""

from zlib import crc32

from django.conf import settings


def shard_key(partition: str, item_id: str) -> str:
    """Return the key of the shard of `partition` that holds `item_id`."""
    return f"{partition}#{crc32(item_id.encode()) % settings.DYNAMODB_SHARDS}"


def shard_keys(partition: str) -> list[str]:
    """Return the keys of all shards of `partition`."""
    return [f"{partition}#{shard}" for shard in range(settings.DYNAMODB_SHARDS)]
