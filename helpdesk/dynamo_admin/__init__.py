"""Django's admin over DynamoDB. Knows no ticket, and could live in a package of its own.

Django's QuerySet and Query stay, so lookups are parsed and validated by Django; only who executes
them is another. What a model can be asked is an explicit list of access paths; a query that none of
them serves is refused with words that say what would be. Never a scan, never SQL, never an answer
that leaves something out.

paths.py       what a model can be asked: ByKey, Collection, Listing
conditions.py  a parsed WHERE as plain conditions
matching.py    a parsed WHERE held against rows that were read
plan.py        which path serves a query, and what it then reads
query.py       the Query and its executor; the QuerySet, which does not write; the models' base
fields.py      a field that is searched; moments without a zone
changelist.py  a changelist that pages by cursor and counts up to a cap
options.py     the ModelAdmin: forms with a version, writes through services
"""
