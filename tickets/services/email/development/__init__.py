"""The customer's side, played on a developer's machine."""
