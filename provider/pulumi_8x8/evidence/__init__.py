"""What really happened: the recorded instances of a deployed workflow, and what a change would have done to them."""
