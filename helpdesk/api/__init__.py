"""The JSON API, as far as it knows no app: who may ask, how often, and what a problem looks like.

What is asked of tickets, customers and reports is in the `api` of their apps; `helpdesk/urls.py`
puts them together.
"""
