"""`make bench`: measured figures of the running desk. Writes docs/benchmarks.md and .json.

population.py   many tickets, quickly, straight through the store
measure.py      what is measured inside a process of the desk
__main__.py     starts desks of several sizes, asks, and writes the figures down
"""
