"""All outgoing mail: replies, notifications, reports, password resets.

`queue.py` keeps what is to be sent and what was not delivered; `delivery.py` sends it, each once;
`smtp.py` gives one message to the mail server and says what became of it. What a mail says is
its kind's own affair: settings.EMAIL_KINDS names who composes each (`kinds.py` says how), from the
files in templates/mail (`templates.py`). See docs/decisions/0040-one-mail-delivery.md.
"""
