"""What a definition means: its steps as a graph, scripts, conditions, data flow. Facts only; lint has the problems."""
