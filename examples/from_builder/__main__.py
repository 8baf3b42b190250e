"""A workflow of the visual builder, kept as the JSON that the builder exports.

Edit it in the builder, export it over the file, and deploy; or edit the file.
"""

import pulumi

import pulumi_8x8 as automation

workflow = automation.Workflow(
    "appointment",
    source="appointment.json",
    # The id of the definition that the builder made, so that it is taken over and not made a second time.
    adopt=pulumi.Config().get("adopt"),
)

pulumi.export("workflowId", workflow.id)
pulumi.export("version", workflow.version)
