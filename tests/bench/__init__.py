"""`make bench`: measured figures of the running desk. Writes docs/benchmarks.md and .json.

population.py   many tickets, quickly, straight through the store
measure.py      what is measured inside a process of the desk
production.py   a desk with the settings of production, and its processor time
operations.py   what is asked of it
__main__.py     starts desks of several sizes, asks, and writes the figures down
"""
