"""The texts of an exported project's other files: settings, README, requirements. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata

from pulumi_8x8.api import DEFAULT_BASE_URL
from pulumi_8x8.definition import Json
from pulumi_8x8.exporting.project import Project
from pulumi_8x8.exporting.yaml_writer import to_yaml

_IGNORED = ".pulumi/\n.pytest_cache/\n.venv/\n__pycache__/\n"

_README = """\
# {name}

This project has the workflows of the 8x8 account {account}. Each is a file in `workflows/`. For each, `__main__.py`
names the definition on the service (`adopt`), so that `pulumi up` takes it over and changes nothing.

## Begin

```sh
{commands}
```

`pulumi preview` shows a change of a file by step, before you deploy it.
{more}
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

_SUB_ACCOUNTS = """
The files use logical names of sub-accounts. `8x8:subAccounts` in `Pulumi.{stack}.yaml` maps the names to sub-accounts,
and each stack can have its own mapping.
"""


def project_files(project: Project, sub_accounts: Mapping[str, str], secrets: bool) -> dict[str, str]:
    """The files' texts by path. :param secrets: whether the workflow files leave out secrets."""
    settings: dict[str, Json] = {"8x8:accountId": project.settings.account_id}
    if project.settings.base_url != DEFAULT_BASE_URL:
        settings["8x8:baseUrl"] = project.settings.base_url
    if sub_accounts:
        settings["8x8:subAccounts"] = dict(sorted(sub_accounts.items()))
    about = f"Workflows of the 8x8 account {project.settings.account_id}"
    more = (_SECRETS if secrets else "") + (_SUB_ACCOUNTS.format(stack=project.stack) if sub_accounts else "")
    return {
        "Pulumi.yaml": to_yaml({"name": project.name, "description": about, "runtime": "python"}),
        f"Pulumi.{project.stack}.yaml": to_yaml({"config": settings}),
        "README.md": _README.format(
            name=project.name,
            account=project.settings.account_id,
            commands="\n".join(next_commands(project, secrets)),
            more=more,
        ),
        ".gitignore": _IGNORED,
        "requirements.txt": f"pulumi-8x8>={metadata.version('pulumi-8x8')}\n",
    }


def next_commands(project: Project, secrets: bool) -> list[str]:
    """The commands that deploy a new project, to run in its folder."""
    return [
        f"pulumi stack init {project.stack}",
        "pulumi config set --secret 8x8:apiKey     # asks for the key",
        *(["pulumi-8x8 export --all --to . --set-secrets     # from the service into the config"] if secrets else []),
        "pulumi up",
    ]
