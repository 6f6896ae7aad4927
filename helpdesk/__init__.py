"""The project: settings, URLs, Celery, health, and the foundations that know no ticket.

    dynamo/     DynamoDB through PynamoDB: connection, transactions, pages, cursors, shards
    engines/    the embedded DynamoDB and Redis, and the process manager of `make run`
    accounts/   users, groups, and what each may do

What the desk is about lives in `customers`, `tickets` and `reporting`.
"""
