"""Demo data that looks like the business: people, vehicles, and conversations that make sense.

people.py      customers and their vehicles
scenarios.py   what happens in tickets of each category
generator.py   plays the scenarios through the services, at times of the past
workspace.py   teams, routing rules, canned replies, a mailbox
"""
