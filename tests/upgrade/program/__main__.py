"""Everything that leaves a trace in a stack's state. ``make.py`` deploys it, with a history for each workflow."""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
token = config.require_secret("crmToken")
greeting = config.require("greeting")  # another one in the history of the fixture

# Every published step, with what is optional.

automation.Workflow(
    "every-step",
    name="Every step",
    trigger="inbound_chat_apps",
    sub_account_id="chat",
    lint={"loop-without-wait": "error", "data-sometimes-written": "off"},
    steps=[
        automation.Branch(
            "by_country",
            select_next_step={
                "german": "{{isCountryCode(data.payload.user.msisdn, 'DE')}}",
                "ask": None,
            },
        ),
        automation.SMS(
            "german",
            sub_account_id="sms",
            destination="{{data.payload.user.msisdn}}",
            text="Guten Tag",
            source="ACME",
            encoding="AUTO",
            client_message_id="{{uuid()}}",
            dlr_callback_url="https://acme.example.com/receipts",
            outputs={"umid": "{{step.umid}}"},
            next_step_id="ask",
        ),
        automation.ChatAppsMessage(
            "ask",
            sub_account_id="chat",
            user={"msisdn": "{{data.payload.user.msisdn}}"},
            type="text",
            content={"text": "1: an agent, 2: a call", "sms": {"text": "{{data.umid}}", "source": "ACME"}},
            next_step_id="answer",
        ),
        automation.WaitForReply(
            "answer",
            from_="{{data.payload.user.msisdn}}",
            channel="whatsapp",
            timeout="00:10:00",
            outputs={"choice": "{{step.reply}}"},
            select_next_step={"agent": "{{step.reply != null}}", "pause": "{{step.reply == null}}"},
        ),
        automation.SendToConverse("agent", payload="{{data.payload}}", next_step_id="push"),
        automation.HttpRequest(
            "push",
            url="https://crm.example.com/tickets",
            method="POST",
            headers={"X-Ticket": "{{data.payload.umid}}"},
            parameters={"page": 1, "all": True},
            body={"choice": "{{data.choice}}", "none": None},
            timeout_seconds=2.5,
        ),
        automation.Wait("pause", duration="1.06:30:15", next_step_id="call", inputs={"reason": "unknown input"}),
        automation.VoiceMessage(
            "call",
            sub_account_id="voice",
            client_request_id="{{data.payload.umid}}",
            action="say&capture",
            params={
                "source": "+6512345678",
                "destination": "{{data.payload.user.msisdn}}",
                "text": "Press 1",
                "repetition": 2,
                "speed": 1.25,
            },
            next_step_id="keys",
        ),
        automation.WaitForDTMF(
            "keys",
            dtmf_request_id="{{data.payload.umid}}",
            timeout="00:01:00",
            outputs={"keys": "{{step.dtmfData}}"},
            next_step_id="if_pressed",
        ),
        automation.If(
            "if_pressed",
            condition="{{data.keys != null}}",
            do=[
                [
                    automation.Wait("breath", duration="00:00:01", next_step_id="if_one"),
                    automation.If(
                        "if_one",
                        condition="{{data.keys.actionDetails.dtmf == '1'}}",
                        do=[
                            [
                                {
                                    "id": "log",
                                    "stepType": "httprequest",
                                    "inputs": {"url": "https://x.example.com/", "method": "GET", "body": [None, 1]},
                                }
                            ],
                            [automation.Branch("nothing")],
                        ],
                    ),
                ],
                [],
            ],
        ),
    ],
)

# Values that the engine or our own marks could lose, in dictionaries.

values = automation.Workflow(
    "values",
    name="Values",
    trigger="http_request",
    steps=[
        {
            "id": "fax",
            "stepType": "Fax",
            "priority": "unknown member",
            "settings": {"none": None, "empty": {}, "list": [None, [], {}, ""]},
            "inputs": {
                "nothing": None,
                "texts": ["", "(null)", "((null))", "(int 5)", "(null", "null", " a ", "é\u0000\u2028🙂", "{{data.a}}"],
                "numbers": [0, -1, 1.0, 0.1, 1e300, 2**53, 2**53 + 1, -(2**63), 12345678901234567890123],
                "truth": [True, False],
                "empty": [{}, [], [[]], {"a": {}}],
                "keys": {"a.b": 1, "": 2, "__hidden": 3, "id": 4, "version": 5},
            },
            "nextStepId": "step with a blank",
            "do": [],
            "outputs": {},
        },
        {"id": "step with a blank", "stepType": "branch", "selectNextStep": {"end": None, "fax": "{{data.again}}"}},
        {"id": "end", "stepType": "Wait", "inputs": {"duration": "00:00:01"}},
    ],
)

# Steps that have no id of their own, or that of another one.

step = {"stepType": "Wait", "inputs": {"duration": "00:00:01"}}
automation.Workflow(
    "odd-ids",
    trigger="http_request",
    lint=dict.fromkeys(("missing-step-id", "duplicate-step-id", "unreachable-step"), "off"),
    steps=[
        step | {"id": "twice"},
        step | {"id": "twice", "nextStepId": "twice"},
        step,
        step | {"id": "#1"},
        step | {"id": ""},
    ],
)

# Files.

automation.Workflow("api-file", source="workflows/api.json")
automation.Workflow("builder-file", source="workflows/builder.json")
automation.Workflow("yaml-file", source="workflows/crm.yaml", requires_digest_from="")
automation.Workflow(
    "file-and-more", source="workflows/api.json", name="From a file, and more", trigger="http_request", status="enabled"
)

# Options.


def reply(text: pulumi.Input[str]) -> list[automation.Step]:
    """A reply by SMS."""
    return [automation.SMS("reply", sub_account_id="sms", destination="{{data.payload.source}}", text=text)]


adopted = automation.Workflow("adopted", trigger="inbound_sms", steps=reply(greeting), adopt=config.require("adopted"))
automation.Workflow(
    "overwriting", name="Overwriting", trigger="inbound_sms", steps=reply(greeting), overwrite=True, status="disabled"
)
automation.Workflow("terminating", trigger="inbound_sms", steps=reply("Hello"), on_delete="terminate")
automation.Workflow("waiting", trigger="inbound_sms", steps=reply("Hello"), on_delete={"wait": "1.00:00:00"})
automation.Workflow("pinned", trigger="inbound_sms", steps=reply(greeting), pin_version=config.get_int("pin"))
automation.Workflow("twin-a", name="Twin", trigger="inbound_sms", sub_account_id="sms", steps=reply("Hello"))
automation.Workflow("twin-b", name="Twin", trigger="inbound_sms", sub_account_id="chat", steps=reply("Hello"))
other = automation.Account("other-account", api_key="8x8:otherKey")
elsewhere = automation.Workflow(
    "elsewhere",
    trigger="http_request",
    steps=reply("Hello"),
    account=other,
    on_delete="terminate",
    overwrite=True,
)
foreign = automation.Workflow.get("foreign", config.require("foreign"))

# Outputs and secrets.

automation.Workflow(
    "outputs",
    name=pulumi.Output.concat("After ", values.id),
    trigger=pulumi.Output.from_input("http_request"),
    sub_account_id=pulumi.Output.secret("acme_secret_sub_account"),
    steps=[
        {
            "id": "call",
            "stepType": "HttpRequest",
            "inputs": {
                "url": pulumi.Output.concat("https://acme.example.com/", adopted.id, "?", values.version.apply(str)),
                "method": "POST",
                "headers": {"Authorization": pulumi.Output.concat("Bearer ", token)},
                "body": {
                    "list": ["plain", token, ["deep", {"token": token}]],
                    "values": values.created_at.apply(lambda _: [None, 1, 2**60, "(null)", {"none": None}]),
                    "secrets": pulumi.Output.secret([None, 2**60, "((null))", 1.5]),
                },
            },
            "selectNextStep": {"all": token.apply(lambda _: None)},
        },
        {
            "id": "all",
            "stepType": "HttpRequest",
            "inputs": token.apply(
                lambda known: {"url": f"https://acme.example.com/?key={known}", "method": "GET", "body": {"none": None}}
            ),
            "nextStepId": "if",
        },
        {
            "id": "if",
            "stepType": "If",
            "inputs": {"condition": "{{data.a}}"},
            "do": [
                [
                    {
                        "id": "inner",
                        "stepType": "SMS",
                        "inputs": {"subAccountId": "sms", "destination": "1", "text": token},
                    }
                ]
            ],
        },
    ],
)

# The engine's options.


class Team(pulumi.ComponentResource):
    """What several workflows stand under."""

    def __init__(self, name: str) -> None:
        super().__init__("acme:index:Team", name)
        self.inner = automation.Workflow(
            "inner", trigger="inbound_sms", steps=reply("Hello"), opts=pulumi.ResourceOptions(parent=self, protect=True)
        )
        self.register_outputs({})


team = Team("team")
automation.Workflow(
    "ignoring",
    trigger="inbound_sms",
    steps=reply(greeting),
    opts=pulumi.ResourceOptions(
        ignore_changes=["steps.reply.inputs.text", "status"], depends_on=[team], additional_secret_outputs=["steps"]
    ),
)

# What somebody else stored a version of before the last refresh: other texts, and only what a builder adds.

automation.Workflow("edited", trigger="inbound_sms", steps=reply("As the program says"))
automation.Workflow("touched", trigger="inbound_sms", steps=reply("As the program says"))

# Smoke tests.

tested = automation.Workflow(
    "tested",
    trigger="http_request",
    sub_account_id="sms",
    steps=[
        automation.SMS(
            "text",
            sub_account_id="sms",
            destination="{{data.phone}}",
            text="Hello",
            outputs={"sent": "{{step.umid != null}}"},
            next_step_id="end",
        ),
        automation.Branch("end"),
    ],
)
run = automation.WorkflowRun(
    "smoke",
    workflow=tested,
    data={"phone": "+6512345678", "token": token, "list": [None, token, 2**60], "text": "(null)", "none": None},
    expect={"status": "Complete", "steps": ["text", "end"], "data": {"sent": True, "none": None, "text": "(null)"}},
    timeout="00:01:00",
)
automation.WorkflowRun(
    "smoke-elsewhere",
    workflow=elsewhere,
    data=pulumi.Output.secret({"payload": {"source": "no number", "none": None}}),
    expect={"status": "Terminated"},
)

pulumi.export("digests", automation.digests())
pulumi.export("run", {"status": run.status, "instance": run.instance_id, "started": run.started_at})
pulumi.export("values", {"steps": values.steps, "version": values.version, "account": values.account_id})
pulumi.export("foreign", {"steps": foreign.steps, "digest": foreign.digest, "createdAt": foreign.created_at})

# Not among the digests, which say "not as its program says" of a workflow whose steps are one Output, as of version
# 0.1.0: to say better must not count as a change.

automation.Workflow(
    "all-steps-secret",
    trigger="inbound_sms",
    steps=pulumi.Output.secret(
        [
            {
                "id": "first",
                "stepType": "wait",
                "inputs": {"duration": "00:00:01"},
                "outputs": {},
                "nextStepId": "last",
            },
            {"id": "last", "stepType": "Branch", "selectNextStep": {}, "do": []},
        ]
    ),
)
