"""The ticket and its clock: statuses, workflow, calendars, SLA.

Pure Python. Nothing here knows Django, DynamoDB or the current time: `now` is an argument.
"""
