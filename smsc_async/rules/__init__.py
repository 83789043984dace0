"""The gateway's rules for an account: repeat, flood, all parts within a minute, rate.

Rule: pure functions without SMPP. The current time is an argument; a rule store keeps the state.
"""
