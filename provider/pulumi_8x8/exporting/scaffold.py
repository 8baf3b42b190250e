"""The other files of an exported project."""

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

The workflows of the 8x8 account {account}. Each is a file in `workflows/`; `__main__.py` says which definition of the
service each of them is (`adopt`), so that `pulumi up` takes it over and changes nothing.

## Begin

```sh
{commands}
```

`pulumi preview` shows a change of a file by step before it is made.
{more}
## Bring in what was changed in the browser

```sh
pulumi-8x8 export --all --to .          # says what it would overwrite
pulumi-8x8 export --all --to . --force
```
"""

_SECRETS = """
A text such as `<secret:crmToken>` in a file stands for a secret of the stack's config; `pulumi config` lists them, and
`pulumi config set --secret crmToken` changes one.
"""

_SUB_ACCOUNTS = """
The files name sub-accounts as `8x8:subAccounts` in `Pulumi.{stack}.yaml` calls them; another stack may say something
else there, for another account.
"""


def project_files(project: Project, sub_accounts: Mapping[str, str], secrets: bool) -> dict[str, str]:
    """The text of each by its path.

    :param secrets: whether workflow files leave some out.
    """
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
    """What leads from a new project to a deployed stack, in its folder."""
    return [
        f"pulumi stack init {project.stack}",
        "pulumi config set --secret 8x8:apiKey     # asks for the key",
        *(["pulumi-8x8 export --all --to . --set-secrets     # from the service into the config"] if secrets else []),
        "pulumi up",
    ]
