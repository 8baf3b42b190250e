"""The texts of an exported project's other files: settings, README, requirements. No I/O."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_8x8.api import DEFAULT_BASE_URL
from pulumi_8x8.definition import Json, read_source
from pulumi_8x8.exporting.project import Project, adopted_ids
from pulumi_8x8.exporting.yaml_edits import edit_members
from pulumi_8x8.exporting.yaml_writer import to_yaml
from pulumi_8x8.installation import pin

_IGNORED = ".pulumi/\n.pytest_cache/\n.venv/\n__pycache__/\n"

_README = """\
# {name}

This project has the workflows of the 8x8 account {account}. Each is a {form} in `workflows/`. `8x8:adopt` in
`Pulumi.{stack}.yaml` has the definitions on the service, so that `pulumi up` takes them over and changes nothing.

## Begin

```sh
{commands}
```

`pulumi preview` shows a change of a file by step, before you deploy it.

The workflows are protected (`protect=True`): Pulumi refuses to delete one. To delete one, remove this option first, and
deploy that.
{more}
## Deploy to another account

Only the config names definitions, so another stack creates its own:

```sh
pulumi stack init staging
pulumi config set 8x8:accountId <account>
pulumi config set --secret 8x8:apiKey
{names}pulumi up
```

The output `digests` shows which content a stack runs. `8x8:requiresDigestFrom staging` in the config of another stack
lets it deploy only what staging runs.

## Bring in changes from the browser

```sh
pulumi-8x8 export --all --to .          # shows what it would overwrite
pulumi-8x8 export --all --to . --force
```
"""

_SECRETS = """
A text such as `<secret:crmToken>` in a file refers to a secret of the stack's config. `pulumi config` lists the
secrets, and `pulumi config set --secret crmToken` changes one.
"""

_SECRETS_OF_MODULES = """
`config.require_secret("crmToken")` in a module reads a secret of the stack's config. `pulumi config` lists the secrets,
and `pulumi config set --secret crmToken` changes one.
"""

_SUB_ACCOUNTS = """
The workflows use logical names of sub-accounts. `8x8:subAccounts` in `Pulumi.{stack}.yaml` maps the names to
sub-accounts, and each stack can have its own mapping.
"""


def project_files(
    project: Project, sub_accounts: Mapping[str, str], adopted: Mapping[str, str], *, secrets: bool, modules: bool
) -> dict[str, str]:
    """The files' texts by path.

    :param adopted: ids of definitions by resource name.
    :param secrets: whether the workflow files leave out secrets.
    :param modules: whether the workflows are modules.
    """
    settings: dict[str, Json] = {"8x8:accountId": project.settings.account_id}
    if project.settings.base_url != DEFAULT_BASE_URL:
        settings["8x8:baseUrl"] = project.settings.base_url
    if sub_accounts:
        settings["8x8:subAccounts"] = dict(sorted(sub_accounts.items()))
    if adopted:
        settings["8x8:adopt"] = dict(adopted)
    about = f"Workflows of the 8x8 account {project.settings.account_id}"
    of_each_stack = ["--path 8x8:subAccounts.<name> <sub-account>"] if sub_accounts else []
    of_secrets = ["--secret <name>"] if secrets else []
    about_secrets = _SECRETS_OF_MODULES if modules else _SECRETS
    more = (about_secrets if secrets else "") + (_SUB_ACCOUNTS.format(stack=project.stack) if sub_accounts else "")
    return {
        "Pulumi.yaml": to_yaml({"name": project.name, "description": about, "runtime": "python"}),
        f"Pulumi.{project.stack}.yaml": to_yaml({"config": settings}),
        "README.md": _README.format(
            name=project.name,
            account=project.settings.account_id,
            stack=project.stack,
            form="module" if modules else "file",
            names="".join(f"pulumi config set {each}\n" for each in (*of_each_stack, *of_secrets)),
            commands="\n".join(next_commands(project, secrets)),
            more=more,
        ),
        ".gitignore": _IGNORED,
        "requirements.txt": pin().lines,
    }


def settings_with(project: Project, adopted: Mapping[str, str]) -> dict[str, str]:
    """The file with the stack's config, with more definitions to adopt; nothing if the file doesn't exist."""
    name = f"Pulumi.{project.stack}.yaml"
    path = project.folder / name
    if not adopted or not path.exists():
        return {}
    source = read_source(path, may_be_empty=True)
    config = source.body.get("config") or {}
    wanted = {**source.body, "config": {**config, "8x8:adopt": {**adopted_ids(config), **adopted}}}
    return {name: edit_members(source, wanted) or to_yaml(wanted)}


def next_commands(project: Project, secrets: bool) -> list[str]:
    """The commands that deploy a new project, to run in its folder."""
    return [
        f"pulumi stack init {project.stack}",
        "pulumi config set --secret 8x8:apiKey     # asks for the key",
        *(["pulumi-8x8 export --all --to . --set-secrets     # from the service into the config"] if secrets else []),
        "pulumi up",
    ]
