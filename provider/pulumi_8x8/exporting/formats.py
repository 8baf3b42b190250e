"""What an export does, as lines for people and as a JSON object for programs. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_8x8.exporting.plan import Export
from pulumi_8x8.exporting.scaffold import next_commands
from pulumi_8x8.phrasing import count, printable

#: Lines about workflows that are new; of five hundred nobody reads each.
_LISTED = 20


def to_lines(made: Export, gone: Sequence[str], *, secrets_follow: bool) -> Iterator[str]:
    """What was written, and what to do next.

    :param gone: ids of what the project has and the service has not.
    :param secrets_follow: the secrets are set in the config right afterwards.
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
        yield f"  gone       {resource}: the service has no {printable(id)} any more; its lines are left as they are"
    yield from _names(made)
    if made.secrets.changed and not secrets_follow:
        yield (
            f"Secrets that the files leave out, to be set in the config of {project.stack} (--set-secrets does): "
            f"{', '.join(made.secrets.changed)}"
        )
    if project.config is None:
        yield f"Next, in {project.folder}:"
        yield from (f"  {command}" for command in next_commands(project, bool(made.secrets.values)))


def _names(made: Export) -> Iterator[str]:
    if made.project.config is None and made.sub_accounts:
        names = ", ".join(f"{name} = {id}" if name != id else id for name, id in sorted(made.sub_accounts.items()))
        yield f"Sub-accounts (8x8:subAccounts): {printable(names)}"
    if made.project.config is not None and made.unnamed:
        yield (
            f"Sub-accounts without a logical name: {printable(', '.join(made.unnamed))}. To give one: pulumi config "
            "set --path 8x8:subAccounts.<name> <sub-account>"
        )


def differences(made: Export) -> Iterator[str]:
    """The files that say something else than the service, place by place, when they are not overwritten."""
    yield "These files say something else than the service. Nothing was written."
    for each in made.overwritten:
        lost = "; all of it would be written anew, without its comments" if each.outcome == "rewritten" else ""
        yield f"{each.file} ({printable(each.name)}){lost}"
        yield each.changes
    yield "To take what the service says: --force"


def to_data(made: Export, gone: Sequence[str], *, written: bool, were_set: bool) -> Mapping[str, Any]:
    """All of it.

    :param written: the files were written.
    :param were_set: so were the secrets in the config.
    """
    return {
        "account": made.project.settings.account_id,
        "folder": str(made.project.folder),
        "project": made.project.name,
        "stack": made.project.stack,
        "written": sorted(made.texts) if written else [],
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
        "secrets": sorted(made.secrets.values),
        "secretsNotSet": [] if were_set else made.secrets.changed,
    }
