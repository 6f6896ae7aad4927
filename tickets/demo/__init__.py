"""Realistic demo data: people, vehicles, and conversations.

people.py      customers and their vehicles
scenarios.py   what happens in tickets of each category
generator.py   creates tickets from the scenarios, at times of the past
workspace.py   teams, routing rules, canned replies, a mailbox
"""
