"""Integrations with other programs and frameworks; each module is imported on its own.

Rule: importing one imports no framework, and nothing here is imported by the rest of the package.
"""
