"""Workflows from files and from Pulumi programs, which run without the engine, a stack's state, and the service.

:mod:`.loading` has what commands and tests use. It isn't imported here, since a program's own process needs only the
recorder.
"""
