"""What only SMSC.ru knows: its markup, its codings, its limits and the rules made of them.

Rule: pure. Nothing here has a clock, a socket or a store, and nothing here has ever heard of
a sequence number: that is the session's side of the wall.
"""
