"""8x8 Automation API workflows as resources of a Pulumi program."""
