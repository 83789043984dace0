"""What only SMSC.ru does: its markup, codings, receipts and error codes.

Rule: pure. Nothing here has a clock, a socket or a store, and nothing here knows a sequence_number:
that is the session's side of the wall.
"""
