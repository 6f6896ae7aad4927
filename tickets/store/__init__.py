"""The tickets' table: every key, index and query of it.

PK TICKET#<ticketId>          SK DETAILS                       the ticket
PK TICKET#<ticketId>          SK COMMUNICATION#<ulid>          its log
PK TICKET#<ticketId>          SK ESCALATION#<cycle>#<rule>      an escalation, once by its key
PK OUTBOX#<shard>             SK <ulid>                        events to dispatch
PK OUTBOX_FAILED              SK <ulid>                        events that a consumer failed on
PK REQUEST#<user>#<token>     SK REQUEST                       makes creation idempotent
PK IMPORT#<number elsewhere>  SK IMPORT                        which events were imported
PK COUNTER#tickets            SK COUNTER                       the last ticket number

ticket.py    the ticket and its indexes
items.py     communications, escalations and the small items
events.py    the outbox
queries.py   every query, and its cost
"""
