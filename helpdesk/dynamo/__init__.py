"""DynamoDB through PynamoDB, for every app alike. Knows no ticket.

table.py        what each model's Meta says, and the one client they share
attributes.py   attribute types that PynamoDB lacks
transaction.py  conditional writes, and their errors
pages.py        bounded queries over the shards of an index
cursor.py       opaque, signed positions in a list
shards.py       index partitions that end in a shard number
ulids.py        ids whose order is the order of writing
capacity.py     counting requests and consumed capacity
"""
