"""Tickets in the JSON API: their shapes, and their addresses."""
