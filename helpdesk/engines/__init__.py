"""The embedded DynamoDB and Redis, and the process manager of `make run`. For laptops and tests.

processes.py   start a child that dies with its parent; stop a family in order
ports.py       free ports, and waiting until somebody answers on one
dynamo.py      the embedded DynamoDB engine
redis.py       the embedded Redis
desk.py        `make run`: every part of the desk under one roof
"""
