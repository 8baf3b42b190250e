"""Formats the result of an export: as lines for people, and as a JSON object for programs. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_8x8.exporting.plan import Export
from pulumi_8x8.exporting.scaffold import next_commands
from pulumi_8x8.phrasing import count, natural, printable

#: The number of lines about new workflows; nobody reads five hundred.
_LISTED = 20


def to_lines(made: Export, gone: Sequence[str], *, secrets_follow: bool) -> Iterator[str]:
    """The lines about what was written, and what to do next.

    :param gone: ids of definitions that the project has and the service doesn't.
    :param secrets_follow: the caller sets the secrets in the config after this.
    """
    project = made.project
    changed = [each for each in made.workflows if each.outcome != "unchanged"]
    account = printable(project.settings.account_id)
    yield f"{count(len(made.workflows), 'workflow')} of the account {account}, in {project.folder}"
    shown = changed[:_LISTED] if all(each.outcome == "created" for each in changed) else changed
    width = max((len(each.file or each.resource) for each in shown), default=0)
    for each in shown:
        line = f"  {each.outcome:9}  {each.file or each.resource:{width}}  {printable(each.name)}"
        yield "; ".join((line, *each.notes))
    if len(shown) < len(changed):
        yield f"  … and {len(changed) - len(shown):,} more"
    if len(made.workflows) > len(changed):
        yield f"  {len(made.workflows) - len(changed):,} unchanged"
    ours = [path for path in made.texts if path not in {each.file for each in made.workflows}]
    if ours:
        yield f"  written    {', '.join(ours)}"
    for id in gone:
        resource = printable(project.declared[id].resource)
        yield f"  gone       {resource}: the service no longer has {printable(id)}; its lines and file stay"
    yield from _names(made)
    if made.secrets.changed and not secrets_follow:
        yield (
            f"The files leave out these secrets. --set-secrets sets them in the config of {project.stack}: "
            f"{', '.join(made.secrets.changed)}"
        )
    if project.config is None:
        yield f"Next, in {project.folder}:"
        yield from (f"  {command}" for command in next_commands(project, bool(made.secrets.values)))


def _names(made: Export) -> Iterator[str]:
    if made.project.config is None and made.sub_accounts:
        ids = {name: made.sub_accounts[name] for name in sorted(made.sub_accounts, key=natural)}
        names = ", ".join(f"{name} = {id}" if name != id else id for name, id in ids.items())
        yield f"Sub-accounts (8x8:subAccounts): {printable(names)}"
    if made.project.config is not None and made.unnamed:
        yield (
            f"Sub-accounts without a logical name: {printable(', '.join(made.unnamed))}. To name one: pulumi config "
            "set --path 8x8:subAccounts.<name> <sub-account>"
        )


def differences(made: Export) -> Iterator[str]:
    """The lines about files that differ from the service, place by place, if nothing is overwritten."""
    yield "These files differ from the service. Nothing was written."
    for each in made.overwritten:
        lost = ("overwriting it would lose its comments",) if each.outcome == "rewritten" and not each.notes else ()
        yield "; ".join((f"{each.file} ({printable(each.name)})", *lost, *each.notes))
        yield each.changes
    yield "To overwrite them with what the service holds: --force"


def to_data(made: Export, gone: Sequence[str], *, written: bool, were_set: bool) -> Mapping[str, Any]:
    """The JSON object.

    :param written: the files were written.
    :param were_set: the secrets in the config were set.
    """
    return {
        "account": made.project.settings.account_id,
        "folder": str(made.project.folder),
        "project": made.project.name,
        "stack": made.project.stack,
        "written": sorted(made.texts, key=natural) if written else [],
        "workflows": [
            {
                "id": each.id,
                "name": each.name,
                "resource": each.resource,
                "file": each.file,
                "outcome": each.outcome,
                "notes": list(each.notes),
                "changes": [line.strip() for line in each.changes.splitlines()],
            }
            for each in made.workflows
        ],
        "gone": [{"id": id, "resource": made.project.declared[id].resource} for id in gone],
        "subAccounts": dict(made.sub_accounts),
        "secrets": sorted(made.secrets.values, key=natural),
        "secretsNotSet": [] if were_set else made.secrets.changed,
    }
