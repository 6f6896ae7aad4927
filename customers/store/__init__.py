"""The customers' table: one item collection for each customer, with the vehicles in it.

PK CUSTOMER#<customerId>   SK DETAILS
PK CUSTOMER#<customerId>   SK VEHICLE#<vehicleId>
PK EMAIL#<address>         SK GUARD                   keeps an address unique
PK VIN#<number>            SK GUARD                   keeps a VIN unique
PK EXTERNAL#<id>           SK GUARD                   keeps another system's id unique
PK WORDS#<shard>           SK <word>#<customerId>     finds customers by any word of their names

and likewise ADDRESSES, PHONES (backwards), VINS (backwards) and BOOKINGS: domain/search_words.py.
Those of vehicles end in a vehicle's id.
"""
