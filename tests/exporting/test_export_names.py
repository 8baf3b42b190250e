"""Names that an export makes: safe as files and resources, unique, and the same each time."""

from __future__ import annotations

import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_8x8.exporting.names import name_sub_accounts, secret_name, slug, variable

#: The name of a workflow, and of its resource and file.
SLUGS = {
    "Auto Reply ChatApps": "auto-reply-chatapps",
    "../../etc/passwd": "etc-passwd",
    "C:\\Windows": "c-windows",
    "Crème brûlée": "creme-brulee",
    "日本語": "workflow-3fa85f64",
    "": "workflow-3fa85f64",
    "🤖": "workflow-3fa85f64",
    "CON": "workflow-con",
    "lpt1": "workflow-lpt1",
    "<script>alert(1)</script>": "script-alert-1-script",
    "a" * 300: "a" * 50,
    "a::b$c": "a-b-c",
    "taken": "taken-2",
    "TAKEN": "taken-2",
}


@pytest.mark.parametrize(("name", "expected"), SLUGS.items(), ids=lambda each: str(each)[:20])
def test_slugs(name: str, expected: str) -> None:
    """Letters, digits and hyphens, no device of Windows, at most 50; numbered when it is taken, in whatever case."""
    assert slug(name, "3fa85f64-5717-4562-b3fc-2c963f66afa6", {"taken"}) == expected


@given(st.lists(st.text(max_size=80) | st.sampled_from(["a", "A", "a-2", "CON", "nul"]), max_size=12), st.uuids())
def test_slugs_are_safe_and_unique(names: list[str], id: object) -> None:
    """For any names of workflows, no file is outside its folder, and no two differ only by case."""
    taken: set[str] = set()
    for name in names:
        made = slug(name, str(id), taken)
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,55}", made)
        assert made not in taken
        taken.add(made)


#: Sub-accounts, and their logical names.
SUB_ACCOUNTS = {
    ("acme_dev_chat", "acme_dev_sms"): ("chat", "sms"),
    ("acme-dev-chat-eu", "acme-dev-sms"): ("chat_eu", "sms"),
    ("acme_dev", "acme_dev_sms"): ("dev", "dev_sms"),
    ("acme", "acme_sms"): ("acme", "acme_sms"),
    ("acme_corp_chatapps",): ("acme_corp_chatapps",),
    ("acme_chat", "other_sms"): ("acme_chat", "other_sms"),
    ("acme_1", "acme_2"): ("acme_1", "acme_2"),
    ("acme_chat", "acme_sms", "chat"): ("acme_chat", "acme_sms", "chat"),
    ("acme_acme_chat", "acme_chat"): ("acme_acme_chat", "acme_chat"),
    ("acme_a_b", "acme_a-b"): ("acme_a-b", "acme_a_b"),
    ("acme_x", "acme_ünï"): ("acme_x", "acme_ünï"),
    (): (),
}


@pytest.mark.parametrize(("ids", "names"), SUB_ACCOUNTS.items(), ids=str)
def test_logical_names(ids: tuple[str, ...], names: tuple[str, ...]) -> None:
    """What all begin with is left out, where something with a meaning is left; when in doubt the ids stay."""
    assert tuple(name_sub_accounts(ids).values()) == names


@given(st.sets(st.text(alphabet="ab_-1", min_size=1, max_size=8), max_size=6))
def test_logical_names_are_unambiguous(ids: set[str]) -> None:
    """Each has one of its own, which is not the id of another one."""
    names = name_sub_accounts(ids)
    assert names.keys() == ids
    assert len(set(names.values())) == len(ids)
    assert all(name == id or name not in ids for id, name in names.items())


#: URL, header or parameter, and the name of the secret.
SECRETS = {
    ("https://crm.acme.com/a", "Authorization"): "crmAcmeComAuthorization",
    ("https://user:pass@www.acme.com:8080", "password"): "acmeComPassword",
    ("https://{{data.host}}/a", "token"): "menuToken",
    ("https://api.{{data.host}}/a", "token"): "menuToken",
    (None, "text"): "menuText",
    ("https://8.8.8.8/", "sig"): "secret8888Sig",
    ("https://taken/", "x-api-key"): "takenXApiKey2",
}


@pytest.mark.parametrize(("given", "name"), SECRETS.items(), ids=str)
def test_names_of_secrets(given: tuple[str | None, str], name: str) -> None:
    """After the host that gets it and what it is called there; without a host, after the resource."""
    assert secret_name(*given, "menu", {"takenxapikey"}) == name


#: Ids of steps, and the names of their variables.
VARIABLES = {
    "send_CA": "send_ca",
    "sendReply": "send_reply",
    "auto-reply 1": "auto_reply_1",
    "Größe": "gro_e",
    "class": "class_",
    "print": "print_",
    "automation": "automation_",
    "1st": "step_1st",
    "日本語": "step",
    "": "step",
    "menu": "menu_2",
    "x" * 60: "x" * 40,
    5: "step",
}


@pytest.mark.parametrize(("id", "name"), VARIABLES.items(), ids=str)
def test_names_of_variables(id: object, name: str) -> None:
    """ASCII, no name of Python or of the module, not too long, and not taken."""
    assert variable(id, {"menu"}) == name


@given(st.lists(st.text(max_size=6), max_size=8))
def test_names_of_variables_are_unambiguous(ids: list[str]) -> None:
    """Each is a name, and another one."""
    taken: set[str] = set()
    for id in ids:
        name = variable(id, taken)
        assert name.isidentifier()
        assert not keyword.iskeyword(name)
        assert name not in taken
        taken.add(name)
