"""The reporting table.

PK <n>#TICKET#<ticketId>                SK COUNTED                  what figures count of a ticket
PK <n>#FACTS#<day of UTC>#<shard>       SK <time>#<ticketId>        its facts in a quarter hour
PK <n>#CHANGES#<shard>                  SK <instant>#<ulid>         facts that rows lack
PK <n>#BATCH                            SK BATCH                    the changes that are counted
PK <n>#ROWS#<group>#<level>#<kind>      SK <period>#<table>#<key>   numbers of a row in a period
PK <n>#LEADERS#<customer or tag>        SK <month>                  those with most tickets created
PK STATE                                SK STATE                    which <n> is read, and its zone
PK WEEKLY#<week>                        SK PERSON#<userId>          a report that was queued

<n> is the number of a generation. A row keeps the number of the last batch in it, and takes none
twice.
"""
