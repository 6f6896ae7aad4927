"""Pages and HTMX fragments: parse, call a service, present."""
