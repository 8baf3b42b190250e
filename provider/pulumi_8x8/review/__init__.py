"""What a change to workflows does, step by step, as a review that can be shown in several formats."""
