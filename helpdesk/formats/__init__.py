"""The formats of dates and times that Django writes itself, as in the admin: a package for each
language, as Django wants them. All are those of the desk's pages (dates.py)."""
