"""The reporting table.

PK TICKET#<ticketId>              SK FACTS             a digest of a ticket's facts, by day
PK FACTS#<day of UTC>#<shard>     SK <ticketId>        the facts of a ticket on that day
PK DIRTY#<shard>                  SK <day>#<ulid>      a day whose rollups have to follow
PK REBUILDING                     SK REBUILDING        there while the table is made anew
PK ROLLUP#<zone>#<what>           SK <period>#<part>   figures of a day or a month, packed

A rollup is written under the version that was read before its facts were, so that of two who pack
the same day at once the one who read less does not win.
"""
