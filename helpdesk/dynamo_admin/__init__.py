"""Django's admin over DynamoDB. Knows no ticket, and could live in a package of its own.

Django's QuerySet and Query stay, so Django parses and validates lookups; only the execution is
replaced. An explicit list of access paths says which queries a model serves; any other query is
refused, with an error that lists those that are served. Never a scan, never SQL, never a result
that leaves something out.

paths.py       the queries that a model serves: ByKey, Collection, Listing
conditions.py  a parsed WHERE as plain conditions
matching.py    a parsed WHERE checked on rows that were read
plan.py        which path serves a query, and what it then reads
query.py       the Query and its executor; the QuerySet, which does not write; the models' base
fields.py      a field that is searched; moments without a zone
changelist.py  a changelist that pages by cursor, sorts by its heads, and counts up to a cap
refusals.py    what a changelist does not show, as text for a person
options.py     the ModelAdmin: forms with a version, writes through services
"""
