"""The parts of the JSON API that know no app: authentication, rate limits and problem details.

Endpoints for tickets, customers and reports are in the `api` of their apps; `helpdesk/urls.py` puts
them together.
"""
