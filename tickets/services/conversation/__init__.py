"""What is written in a ticket: replies, notes, attachments, canned replies."""
