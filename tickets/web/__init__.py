"""Pages and HTMX fragments: parse the request, call a service, render."""
