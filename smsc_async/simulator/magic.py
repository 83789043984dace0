"""Stub."""

MAGIC_PREFIX = "7000000"


def check_prefix(prefix):
    return prefix


def magic_fate(recipient, text, prefix):
    return None
