"""What joins the client to other people's programs; each module is imported on its own.

Rule: importing one imports no framework, and nothing here is imported by the rest of the package.
"""
