"""The reporting table.

PK FACTS#<date>#<shard>   SK <kind>#<ticketId>#<life>    what happened that day, once each
"""
