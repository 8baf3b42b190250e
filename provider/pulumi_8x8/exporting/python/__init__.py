"""Writes a workflow as a typed flow in a Python module, and reads modules that were exported before."""
