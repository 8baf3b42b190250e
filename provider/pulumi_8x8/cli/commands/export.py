"""``pulumi-8x8 export``: writes the workflows of an account as a working Pulumi project."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from pulumi_8x8.cli.support.output import echo, in_parallel, print_json
from pulumi_8x8.cli.support.pinning import check_hashes, hashes_option, write_hashes
from pulumi_8x8.cli.support.target import ServiceAccess, of_a_stack
from pulumi_8x8.cli.support.vocabulary import ExitCode, Failed, text_or_json
from pulumi_8x8.errors import NotFound

# The export is imported where it is used, so that `--help` and completion are fast.
if TYPE_CHECKING:
    from pulumi_8x8.api import Client, StoredDefinition
    from pulumi_8x8.exporting import DeployedWorkflow, Project
    from pulumi_8x8.stacks import Stack


@click.command(epilog="More: pulumi-8x8 docs promote")
@click.argument("workflows", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Export all workflows that the account lists.")
@click.option("--managed", is_flag=True, help="Export the workflows that the stack manages.")
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path), help="The folder of the project.")
@click.option("--name", help="The project's name. Default: the folder's name.")
@click.option("--stack-name", default="production", show_default=True, help="The name of the stack, if it is new.")
@click.option(
    "--as",
    "form",
    type=click.Choice(["yaml", "python"]),
    help="The form of new workflows: YAML files, or flows in Python. Default: yaml, or the form that the project has.",
)
@click.option("--force", is_flag=True, help="Overwrite files that differ from the service.")
@hashes_option
@click.option("--set-secrets", is_flag=True, help="Set the secrets in the stack's config, which the files leave out.")
@text_or_json
@of_a_stack
def export(
    workflows: Sequence[str],
    everything: bool,
    managed: bool,
    folder: Path,
    name: str | None,
    stack_name: str,
    form: Literal["yaml", "python"] | None,
    force: bool,
    hashes: bool,
    set_secrets: bool,
    format: str,
    service: ServiceAccess,
) -> None:
    """Write workflows of the account (by id, or --all) as a Pulumi project whose first `pulumi up` changes nothing.

    The project has a file for each workflow, a program that takes them over, and the settings of a stack. With --as
    python, a workflow is a typed flow in a module of its own, with expressions for scripts. The ids of the definitions
    are in the stack's config (8x8:adopt), so that another stack deploys the same workflows to another account. The
    workflows are protected, and the program exports their digests. Sub-accounts get logical names. Keys and passwords
    aren't in the files; --set-secrets writes them to the stack's config.

    In an existing project, the files get what changed on the service. Comments stay if possible, and so does what was
    written by hand in modules; the export names what would be lost. The program only gets new lines.

    \b
    $ pulumi-8x8 export --all --to acme-workflows
    $ pulumi-8x8 export --all --to acme-workflows --as python
    $ pulumi-8x8 export --all --to . --force --set-secrets
    $ pulumi-8x8 export --managed --to . --force

    Exits with 0, with 1 if files differ from the service (it lists them, and writes nothing without --force), or with 2
    if the export fails.
    """
    if [everything, managed, bool(workflows)].count(True) != 1:
        raise click.UsageError("name the ids of workflows, or use --all or --managed")
    from pulumi_8x8.exporting import formats, plan

    if hashes:
        check_hashes(folder)
    client = service.client()
    deployed = _deployed(folder, service.stack, click.get_current_context().params["cwd"])
    project = _project(folder, client, name, stack_name, deployed, set_secrets)
    stored, gone = _fetch(client, project, service, workflows, managed=managed)
    made = plan(project, stored, form)
    stops = bool(made.overwritten) and not force
    if not stops:
        made.write()
        if hashes and "requirements.txt" in made.texts:
            write_hashes(folder)
    if format == "text":
        lines = formats.differences(made) if stops else formats.to_lines(made, gone, secrets_follow=set_secrets)
        echo("\n".join(lines))
    if set_secrets and not stops:
        for each in made.secrets.changed:
            _set_secret(project, each, made.secrets.values[each])
            if format == "text":
                echo(f"  set        {each}, in the config of {project.stack}")
    if format == "json":
        print_json(formats.to_data(made, gone, written=not stops, were_set=set_secrets and not stops))
    sys.exit(ExitCode.FOUND if stops else ExitCode.DONE)


def _project(
    folder: Path, client: Client, name: str | None, stack: str, deployed: DeployedWorkflow | None, set_secrets: bool
) -> Project:
    from pulumi_8x8.exporting import read_project
    from pulumi_8x8.stacks import read_stack

    name = name or re.sub(r"[^\w.-]+", "-", folder.resolve().name, flags=re.ASCII).strip("-")
    project = read_project(folder, client.settings, name=name, stack=stack, deployed=deployed)
    for what, text, option in (("project", project.name, "--name"), ("stack", project.stack, "--stack-name")):
        if not re.fullmatch(r"[\w.-]{1,100}", text, re.ASCII):
            raise Failed(f"{text!r} isn't a name for a Pulumi {what}. Use letters, digits, '-', '_' and '.': {option}")
    if not set_secrets or deployed is not None:
        return project
    if project.config is None or project.program is None:
        raise Failed(
            f"--set-secrets: {folder} has no stack for the account yet. Nothing was done. Export without --set-secrets "
            f"first. Then run in the folder: pulumi stack init {project.stack}"
        )
    deployed = _deployed(folder, read_stack(project.stack, folder), folder)
    return read_project(folder, client.settings, name=name, stack=stack, deployed=deployed)


def _deployed(folder: Path, stack: Stack | None, cwd: str | Path) -> DeployedWorkflow | None:
    """Returns what is deployed in ``stack`` if its project, the project of ``cwd``, is the one in ``folder``."""
    from pulumi_8x8.exporting import DeployedWorkflow
    from pulumi_8x8.stacks import find_project

    if stack is None or find_project(cwd) != folder.resolve():
        return None
    # Workflows in another account (account=) are not exported.
    ids = {each.name: each.id for each in stack.workflows.values() if not each.account}
    return DeployedWorkflow(stack.name, stack.config, ids)


def _fetch(
    client: Client, project: Project, service: ServiceAccess, workflows: Sequence[str], *, managed: bool
) -> tuple[list[StoredDefinition], list[str]]:
    """Returns what the service holds, and the ids that are in the project and not on the service."""

    def latest(id: str) -> StoredDefinition | None:
        try:
            return client.latest(id)
        except NotFound:
            return None

    if workflows:
        targets = [service.find(each) for each in workflows]
        if strangers := [each.label for each in targets if each.client.settings != client.settings]:
            raise Failed(f"{', '.join(strangers)}: in another account (account=). Nothing was written.")
        named = dict.fromkeys(each.id for each in targets)
        return in_parallel(client.latest, list(named), "Reading workflows"), []
    if sys.stderr.isatty():
        echo(f"Reading the workflows of the account {client.settings.account_id} …", err=True)
    stored = [] if managed else list(client.list_definitions())
    # Workflows in another account (account=) are not exported.
    ours = {each.id for each in service.targets() if each.client.settings == client.settings} if managed else set()
    # According to the documentation, the list holds what is active. A definition may exist without being listed.
    unlisted = sorted((ours if managed else project.declared.keys()) - {each.id for each in stored})
    asked = in_parallel(latest, unlisted, "Reading what is not listed") if unlisted else []
    found = [each for each in asked if each is not None]
    return [*stored, *found], sorted((project.declared.keys() & unlisted) - {each.id for each in found})


def _set_secret(project: Project, name: str, value: str) -> None:
    """Passes the value through standard input: other users can see command lines."""
    command = ["pulumi", "-C", str(project.folder), "config", "set", "--secret", name, "--stack", project.stack]
    run = subprocess.run(
        [*command, "--non-interactive", "--color", "never"],
        input=f"{value}\n",  # pulumi removes one line break
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        reason = (run.stderr.strip() or run.stdout.strip()).removeprefix("error: ")
        raise Failed(f"the files were written, but the secret {name} wasn't set: {reason}\nTry again to set the rest.")
