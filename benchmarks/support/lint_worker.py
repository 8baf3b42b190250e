"""Lints published definitions as often as each line of its input asks, and prints the processor time in seconds.

``python benchmarks/support/lint_worker.py PROVIDER CORPUS``: with the package in the folder PROVIDER. Before each
definition it forgets the scripts that it has seen.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def main() -> None:
    provider, corpus = sys.argv[1:]
    sys.path.insert(0, provider)
    from pulumi_8x8.definition import Definition, read_source
    from pulumi_8x8.lint import lint

    bodies = [read_source(path).body for path in sorted(Path(corpus).glob("*.json"))]
    definitions = [Definition.from_body(body) for body in bodies if "definition" in body]
    for definition in definitions:
        lint(definition)
    # Whatever an analysis or the finder of scripts remembers is about scripts.
    modules = [module for name, module in sys.modules.items() if name.startswith("pulumi_8x8.analysis.")]
    modules.append(sys.modules["pulumi_8x8.definition.scripts"])
    held = [value for module in modules for value in vars(module).values() if hasattr(value, "cache_clear")]
    caches = {id(value): value for value in held if value.cache_parameters()["maxsize"] is not None}.values()
    for line in sys.stdin:
        begin = time.process_time()
        for _ in range(int(line)):
            for definition in definitions:
                for cache in caches:
                    cache.cache_clear()
                lint(definition)
        print(time.process_time() - begin, flush=True)


if __name__ == "__main__":
    main()
