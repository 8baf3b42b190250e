"""A running Pulumi program, written from what an account holds."""
