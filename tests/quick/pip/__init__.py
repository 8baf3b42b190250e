"""Stands before pip in the tests on the engine, which asks it for a list of packages before each operation."""
