"""The schema's words in templates."""

from django import template

from tickets.web.labels import label

register = template.Library()
register.filter("label", label)
