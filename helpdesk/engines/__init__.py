"""The embedded DynamoDB and Redis, and the process manager of `make run`. For laptops and tests.

processes.py   start children that end with their parent; stop several in order
ports.py       free ports, and waiting for a server
dynamo.py      the embedded DynamoDB engine
redis.py       the embedded Redis
desk.py        `make run`: starts and supervises every part of the desk
"""
