"""The commands, one module each, by the names that users type."""
