"""Tables of messages as offices save them: CSV in any encoding, "Unicode text", `.xlsx`.

Rule: what a program has written is read as it was meant, and what was changed on the way in is said
before anything is sent; what can't be known is asked or refused, never taken for granted.
"""
