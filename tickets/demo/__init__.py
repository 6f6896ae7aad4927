"""Demo data that looks like the business: people, vehicles, and conversations that make sense.

cast.py      customers and their vehicles
scripts.py   what happens in tickets of each category
story.py     plays the scripts through the services, at times of the past
"""
