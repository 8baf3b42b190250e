"""The documentation site: ``python -m tools.site`` makes it of the documents, with Sphinx, into the folder ``site``."""
