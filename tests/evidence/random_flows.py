"""Random workflows and random changes of them, for the soundness of backtests."""

from __future__ import annotations

import copy
from random import Random
from typing import Any, Literal, TypeAlias

CUSTOMER = "+6581968289"
STAFF = "+6591234567"
CHANNELS = ("whatsapp", "sms")
WORDS = ("1", "2", "3", "yes", "No", "hello")
TIMEOUTS = ("00:00:30", "00:05:00", "00:30:00", "02:00:00", "1.00:00:00")
DURATIONS = ("00:00:00", "00:00:10", "00:01:00", "00:10:00", "01:00:00")
_TEXTS = ("Hello", "1 or 2", "Choose", "Thanks", "Goodbye", "We are closed")

Step = dict[str, Any]
Kind: TypeAlias = Literal["replies", "kept", "lost"]


class Flows:
    """Makes workflows.

    :param kind: ``kept``: outputs keep replies, keys and answers, as in most published flows. ``lost``: not all of
        them do. ``replies``: as ``kept``, and only customers decide: there are no HTTP requests and no random values,
        and nothing reads the messaging API's answer.
    """

    def __init__(self, random: Random, kind: Kind) -> None:
        self.random = random
        self.keeps = kind != "lost"
        self.only_replies = kind == "replies"
        self.trigger = random.choice(("http_request", "inbound_sms", "inbound_chat_apps"))
        self.channel = "sms" if self.trigger == "inbound_sms" else "whatsapp"
        self.names: list[str] = []  # members of data that outputs may have set
        self.count = 0

    def body(self) -> dict[str, Any]:
        length = self.random.randint(2, 9)
        steps = self._sequence(length, depth=0)
        return {
            "trigger": self.trigger,
            "status": "enabled",
            **({"subAccountId": "acme"} if self.random.random() < 0.3 else {}),
            "definition": {"name": "flow", "steps": steps},
        }

    def _sequence(self, length: int, depth: int) -> list[Step]:
        steps = [self.step(depth) for _ in range(length)]
        for place, step in enumerate(steps):
            following = steps[place + 1]["stepType"] if place + 1 < len(steps) else ""
            if following == "WaitForReply" and step["stepType"] in ("SMS", "ChatAppsMessage"):
                asked = step["inputs"] if "text" in step["inputs"] else step["inputs"]["content"]
                asked["text"] += "?" if self.random.random() < 0.8 else ""
            self.link(step, [each["id"] for each in steps[place + 1 :]], [each["id"] for each in steps])
        return steps

    def link(self, step: Step, later: list[str], every: list[str]) -> None:
        """Edges to later steps, now and then to an earlier one or to none that exists."""
        chance = self.random.random()
        targets = list(later[:3])
        if step["stepType"] in ("WaitForReply", "WaitForDTMF", "Branch") or chance < 0.1:
            if chance < 0.03 and step["stepType"] == "WaitForReply":
                targets.append(self.random.choice(every))
            if self.random.random() < 0.05:
                targets.append("nowhere")
            self.random.shuffle(targets)
            wanted = targets[: self.random.randint(1, 3)]
            edges: dict[str, Any] = {to: self.condition(step) for to in wanted}
            if edges and self.random.random() < 0.7:
                edges[self.random.choice(list(edges))] = None
            if self.random.random() < 0.6:  # most flows have exclusive edges
                edges = self._exclusive(step, list(edges))
            if edges:
                step["selectNextStep"] = edges
        elif later and chance < 0.95:
            step["nextStepId"] = later[0]

    def _exclusive(self, step: Step, targets: list[str]) -> dict[str, Any]:
        if len(targets) < 2:
            return dict.fromkeys(targets)
        first, *others = targets
        return {first: self.condition(step), **dict.fromkeys(others[:1])}

    def step(self, depth: int) -> Step:
        kind = self.random.choices(
            ("say", "WaitForReply", "HttpRequest", "Branch", "If", "Wait", "call", "Converse"),
            (40, 24, 0 if self.only_replies else 8, 10, 4 if depth < 2 else 0, 6, 5, 3),
        )[0]
        self.count += 1
        id_ = f"s{self.count}"
        step: Step = {"id": id_}
        match kind:
            case "say":
                step |= self.say()
            case "WaitForReply":
                timeout = self.random.choice(TIMEOUTS)
                sender = self.random.choices((CUSTOMER, self.sender(), STAFF), (6, 6, 1))[0]
                channel = self.random.choices((self.channel, "viber"), (15, 1))[0]
                step |= {"stepType": kind, "inputs": {"from": sender, "channel": channel, "timeout": timeout}}
                step["outputs"] = self.outputs(id_, "reply", self.reply_paths())
            case "HttpRequest":
                url = "https://crm.example/" + self.random.choice(("orders", "{{data.accountId}}", "slots"))
                inputs = {"url": url, "method": self.random.choice(("GET", "POST"))}
                if self.random.random() < 0.3:
                    inputs["body"] = {"from": "{{data.triggeredAt}}"}
                step |= {"stepType": kind, "inputs": inputs}
                step["outputs"] = self.outputs(id_, "", ("responseBody", "responseCode", "responseBody.open"))
            case "Branch":
                step["stepType"] = self.random.choice(("Branch", "branch"))
            case "If":
                step |= {"stepType": kind, "inputs": {"condition": self.condition(step)}}
                step["do"] = [self._sequence(self.random.randint(1, 2), depth + 1)]
            case "Wait":
                step |= {"stepType": kind, "inputs": {"duration": self.random.choice(DURATIONS)}}
            case "call":
                if self.random.random() < 0.5 or not any("call" in name for name in self.names):
                    params = {"source": "+6531250000", "destination": CUSTOMER, "text": "Press 1"}
                    inputs = {"action": "say&capture", "params": params, "clientRequestId": f"call-{id_}"}
                    step |= {"stepType": "VoiceMessage", "inputs": inputs, "outputs": {f"call_{id_}": f"call-{id_}"}}
                    self.names.append(f"call_{id_}")
                else:
                    name = self.random.choice([name for name in self.names if "call" in name])
                    inputs = {"dtmfRequestId": f"{{{{data.{name}}}}}", "timeout": self.random.choice(TIMEOUTS)}
                    step |= {"stepType": "WaitForDTMF", "inputs": inputs}
                    step["outputs"] = self.outputs(id_, "dtmfData", ("dtmfData.actionDetails.dtmf",))
            case _:
                step |= {"stepType": "SendToConverse", "inputs": {"payload": {"text": self.text()}}}
        return {name: value for name, value in step.items() if value != {}}

    def say(self) -> Step:
        if self.channel == "sms":
            inputs: dict[str, Any] = {"subAccountId": "acme", "destination": CUSTOMER, "text": self.text()}
            kind = "SMS"
        else:
            content = {"text": self.text()}
            inputs = {"subAccountId": "acme", "user": {"msisdn": CUSTOMER}, "type": "text", "content": content}
            kind = "ChatAppsMessage"
        if self.random.random() < 0.04:
            inputs["destination" if kind == "SMS" else "user"] = "12" if kind == "SMS" else {"msisdn": "0"}
        outputs = {}
        if self.random.random() < 0.15 and not self.only_replies:
            outputs = {f"u{self.count}": f"{{{{step.{self.random.choice(('umid', 'status'))}}}}}"}
            self.names += outputs
        elif self.random.random() < 0.06:
            name = self.random.choice(("answer", "name", "plain"))
            outputs = {name: "variable 0"}
            self.names.append(name)
        return {"stepType": kind, "inputs": inputs, "outputs": outputs}

    def sender(self) -> str:
        if self.trigger == "http_request":
            return "{{data.phone}}"
        return "{{data.payload.source}}" if self.trigger == "inbound_sms" else "{{data.payload.user.msisdn}}"

    def reply_paths(self) -> tuple[str, ...]:
        return (
            ("reply.payload.body",) if self.channel == "sms" else ("reply.payload.content.text", "reply.payload.type")
        )

    def outputs(self, id_: str, whole: str, paths: tuple[str, ...]) -> dict[str, Any]:
        name = self.random.choices((f"r{id_}", "answer"), (3, 1))[0]
        whole_script = f"{{{{step.{whole}}}}}" if whole else "{{step.responseBody}}"
        if self.keeps:
            made = {name: whole_script if self.random.random() < 0.5 or whole == "" else f"{{{{step.{paths[0]}}}}}"}
        else:
            compare = f"{{{{step.{paths[0]} == '{self.random.choice(WORDS)}'}}}}"
            made = self.random.choice(
                ({}, {name: whole_script}, {name: f"{{{{step.{self.random.choice(paths)}}}}}"}, {name: compare})
            )
        self.names += made
        return dict(made)

    def text(self) -> str:
        text = self.random.choice(_TEXTS)
        chance = self.random.random()
        if chance < 0.12 and self.names:
            return f"{text} {{{{data.{self.random.choice(self.names)}}}}}"
        if chance < 0.2:
            return f"{text} {{{{{self.sender().strip('{}')}}}}}"
        return f"{text} {{{{uuid()}}}}" if chance < 0.205 and not self.only_replies else text

    def condition(self, step: Step) -> str:
        """A condition about the step's own result, or about data."""
        word = self.random.choice(WORDS)
        kind, options = step.get("stepType", ""), []
        for output, script in (step.get("outputs") or {}).items():
            if isinstance(script, str) and script.startswith("{{step."):
                options += self._about(f"data.{output}", script.strip("{}"), word)
        if kind == "WaitForReply":
            paths = self.reply_paths()
            read = f"step.{paths[0]}"
            options += [f"{read} == '{word}'", "step.reply != null", f"step.reply != null && {read} == '{word}'"]
            options += [f"stringContains({read}, '{word}', true)"] if self.random.random() < 0.4 else []
        if kind == "HttpRequest":
            options += ["step.responseCode == 200", "step.responseBody.open == true"]
        if kind in ("SMS", "ChatAppsMessage") and not self.only_replies:
            options += ["step.status == 'queued' || step.status == 'QUEUED'"]
        if kind == "WaitForDTMF":
            options += ["step.dtmfData.actionDetails.dtmf == '1'", "step.dtmfData == null"]
        if self.names and self.random.random() < 0.4:
            name = self.random.choice(self.names)
            options += [f"data.{name} == null", f"data.{name} == '{word}'", f"data.{name} != '{word}'"]
        if not options or self.random.random() < 0.1:
            options += [f"isCountryCode('{CUSTOMER}', 'SG')", "true", "data.missing.member == null"]
            options += ["isTimeOfDayBetween(data.triggeredAt, '09:00:00', '18:00:00', 'Singapore Standard Time')"]
            options += ["Math.random() < 0.5"] if self.random.random() < 0.1 and not self.only_replies else []
        return f"{{{{{self.random.choice(options)}}}}}"

    def _about(self, read: str, script: str, word: str) -> list[str]:
        if script in ("step.reply", "step.dtmfData"):
            inner = self.reply_paths()[0].partition(".")[2] if script == "step.reply" else "actionDetails.dtmf"
            return [f"{read} == null", f"{read} != null", f"{read}.{inner} == '{word}'"]
        if script == "step.responseBody":
            return [f"{read}.open", f"{read}.open == true", f"{read} == null"]
        return [f"{read} == '{word}'", f"{read} != null", f"{read} == '1' || {read} == '{word}'", f"!{read}"]


def every_step(steps: list[Step]) -> list[Step]:
    """All steps, also those inside of others."""
    found = []
    for step in steps:
        found.append(step)
        for sequence in step.get("do", []):
            found += every_step(sequence)
    return found


def change(flows: Flows, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A change of a workflow: what it is, and the changed workflow."""
    random = flows.random
    new = copy.deepcopy(body)
    steps = new["definition"]["steps"]
    done = [_change(flows, random.choice(_CHANGES), new, steps) for _ in range(random.choices((1, 2, 3), (6, 3, 1))[0])]
    return (", ".join(done), new) if not _never_rests(steps) else ("none", copy.deepcopy(body))


def _never_rests(steps: list[Step]) -> bool:
    """Whether steps may run in a circle without a pause, which takes long, and shows little."""
    every = every_step(steps)
    rests = {each["id"] for each in every if each["stepType"] in ("WaitForReply", "WaitForDTMF")}
    after = {each["id"]: {each.get("nextStepId"), *(each.get("selectNextStep") or {})} for each in every}
    for each in every:
        after[each["id"]] |= {sequence[0]["id"] for sequence in each.get("do", [])}
        if each.get("do"):  # the last step inside leads on to what follows
            for inner in every_step([step for sequence in each["do"] for step in sequence]):
                after[inner["id"]] |= after[each["id"]]
    for start in after.keys() - rests:
        reached, waiting = set(), [start]
        while waiting:
            for to in after.get(waiting.pop(), ()):
                if to == start:
                    return True
                if to in after and to not in reached and to not in rests:
                    reached.add(to)
                    waiting.append(to)
    return False


_CHANGES = [
    "text",
    "text",
    "text",
    "edge",
    "edge",
    "condition",
    "condition",
    "condition",
    "timeout",
    "timeout",
    "wait",
    "pause",
    "add",
    "add",
    "add",
    "remove",
    "remove",
    "rename",
    "outputs",
    "outputs",
    "http",
    "envelope",
    "sender",
    "none",
]


def _change(flows: Flows, kind: str, body: dict[str, Any], steps: list[Step]) -> str:
    random = flows.random
    every = every_step(steps)
    chosen = random.choice(every)

    def of(*kinds: str) -> Step | None:
        fitting = [each for each in every if each["stepType"] in kinds]
        return random.choice(fitting) if fitting else None

    match kind:
        case "text":
            if (said := of("SMS", "ChatAppsMessage", "VoiceMessage", "SendToConverse")) is not None:
                inputs = said["inputs"]
                place = (
                    inputs
                    if "text" in inputs
                    else next(v for v in inputs.values() if isinstance(v, dict) and "text" in v)
                )
                place["text"] = flows.text() + random.choice(("", "!"))
        case "edge":
            target = random.choice([*(each["id"] for each in steps), "nowhere"])
            if chosen.get("selectNextStep"):
                edges = chosen["selectNextStep"]
                old = random.choice(list(edges))
                chosen["selectNextStep"] = {target if to == old else to: script for to, script in edges.items()}
            elif random.random() < 0.3:
                chosen.pop("nextStepId", None)
            else:
                chosen["nextStepId"] = target
        case "condition":
            deciding = [each for each in every if each.get("selectNextStep")]
            if deciding:
                chosen = random.choice(deciding)
                edge = random.choice(list(chosen["selectNextStep"]))
                chosen["selectNextStep"][edge] = flows.condition(chosen) if random.random() < 0.85 else None
        case "timeout":
            if (waits := of("WaitForReply", "WaitForDTMF")) is not None:
                waits["inputs"]["timeout"] = random.choice(TIMEOUTS)
        case "wait":
            if (waits := of("Wait")) is not None:
                waits["inputs"]["duration"] = random.choice(DURATIONS)
        case "pause":  # it stops listening, and listens again later
            waits = [each for each in steps if each["stepType"] == "WaitForReply"]
            if len(waits) > 1:
                waits[0]["inputs"]["timeout"] = random.choice(TIMEOUTS[:3])
                pause = flows.step(depth=2) | {"stepType": "Wait", "inputs": {"duration": random.choice(DURATIONS)}}
                pause = {name: pause[name] for name in ("id", "stepType", "inputs")} | {"nextStepId": waits[1]["id"]}
                steps.insert(steps.index(waits[1]), pause)
                edges = waits[0].get("selectNextStep") or {}
                waits[0]["selectNextStep"] = {
                    pause["id"] if to == waits[1]["id"] else to: script for to, script in edges.items()
                } or {pause["id"]: None}
        case "add":
            added = flows.step(depth=2)
            place = random.randrange(len(steps) + 1)
            following = steps[place]["id"] if place < len(steps) else None
            flows.link(added, [following] if following else [], [each["id"] for each in steps])
            steps.insert(place, added)
            before = random.choice(steps)
            if "selectNextStep" not in before and random.random() < 0.7:
                before["nextStepId"] = added["id"]
        case "remove":
            if len(steps) > 1:
                gone = steps.pop(random.randrange(len(steps)))
                target = gone.get("nextStepId") or next(iter(gone.get("selectNextStep") or {}), None)
                for each in every_step(steps):
                    if each.get("nextStepId") == gone["id"]:
                        each["nextStepId"] = target
                    edges = each.get("selectNextStep") or {}
                    if gone["id"] in edges:
                        script = edges.pop(gone["id"])
                        if target:
                            edges.setdefault(target, script)
        case "rename":
            old, renamed = chosen["id"], chosen["id"] + "_new"
            chosen["id"] = renamed
            for each in every:
                if each.get("nextStepId") == old:
                    each["nextStepId"] = renamed
                edges = each.get("selectNextStep") or {}
                each["selectNextStep"] = {renamed if to == old else to: script for to, script in edges.items()}
        case "outputs":
            if (step := of("WaitForReply")) is not None:
                flows.keeps, keeps = False, flows.keeps
                step["outputs"] = flows.outputs(step["id"], "reply", flows.reply_paths())
                flows.keeps = keeps
        case "http":
            if (step := of("HttpRequest")) is not None:
                step["inputs"]["url"] += "/new"
        case "envelope":
            if random.random() < 0.4:
                body["status"] = "disabled"
            elif random.random() < 0.5:
                body["subAccountId"] = random.choice(("acme", "other"))
            else:
                body["trigger"] = random.choice(("http_request", "inbound_sms", "inbound_chat_apps"))
        case "sender":
            if (step := of("WaitForReply")) is not None:
                step["inputs"]["from"] = random.choice((CUSTOMER, flows.sender(), STAFF, CUSTOMER.lstrip("+")))
    return f"{kind} {chosen['id']}"
