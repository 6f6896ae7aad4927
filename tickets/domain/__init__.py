"""What a ticket is and what time does to it: statuses, workflow, calendars, the SLA clock.

Pure Python. Nothing here knows Django, DynamoDB or the current time: `now` is an argument.
"""
