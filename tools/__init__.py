"""Tools for working on the package: they aren't part of it, and no installation has them."""
