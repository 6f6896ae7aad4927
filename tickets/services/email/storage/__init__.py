"""The bytes of messages as they came.

raw_messages.py  the bytes, compressed, under their SHA-256
originals.py     a message's original, and its HTML, sanitised
unrecorded.py    originals that a crash left without a record
forget.py        their erasure
"""
