"""Analyses what a definition means: graph, scripts, conditions, data flow. Facts only, no problems, no I/O."""
