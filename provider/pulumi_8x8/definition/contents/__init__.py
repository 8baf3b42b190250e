"""What the messages of steps are made of, a class for each part: their shape, their limits, and their Python."""
