"""What the e-mail channel decides: outcomes, signed addresses, which ticket. Source: EMAIL.md."""
