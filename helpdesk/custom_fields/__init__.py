"""Custom fields: what a desk keeps of its tickets, customers and vehicles beside their own fields.

Supervisors define them in the admin (models.py); their values are one attribute of the record
itself. Knows no ticket and no customer.

definition.py  what a field is, and which values it takes
defined.py     the fields of a kind of record, read once a page
values.py      the values of one record: checked, changed, missing
forms.py       fields of Django's forms, for every form that has them
shown.py       labels and values in the reader's language
"""
