"""The gateway's rules for an account: repeat, flood, parts within a minute, rate.

Rule: pure and without SMPP. Instants are arguments; what is remembered, and where, is the store's.
"""
