"""The schema's words in templates."""

from django import template

from tickets.presenters.labels import label

register = template.Library()
register.filter("label", label)
