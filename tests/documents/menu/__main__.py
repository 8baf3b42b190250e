"""The program that the documents call "menu"."""

import pulumi

import pulumi_8x8 as automation

account = pulumi.Config().get("subAccountId")
automation.Workflow("menu", source="menu.json", sub_account_id=account)
