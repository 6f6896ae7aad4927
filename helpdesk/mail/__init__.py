"""All outgoing mail: replies, notifications, reports, password resets.

`queue.py` has the mail to be sent and the list of undelivered mail; `delivery.py` sends it, each
message once; `smtp.py` hands one message to the mail server and reports the outcome. Each kind of
mail is composed by the function that settings.EMAIL_KINDS names (see `kinds.py`), from the files in
templates/mail (see `templates.py`). See docs/decisions/0040-one-mail-delivery.md.
"""
