"""Makes a review: what a change does to a set of workflows, as data for :mod:`.formats`. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pulumi_8x8.analysis.counts import Traffic
from pulumi_8x8.definition import Definition, Json, Path, Source
from pulumi_8x8.definition.compare import differ
from pulumi_8x8.definition.masking import mask
from pulumi_8x8.lint import Problem, apply_levels, find, locate, shortened
from pulumi_8x8.phrasing import natural
from pulumi_8x8.review.edits import Edit, compare_steps
from pulumi_8x8.review.effects import effects_of
from pulumi_8x8.review.pictures import Picture, pictures_of, with_traffic
from pulumi_8x8.review.sentences import Sentence

#: ``recreate``: Pulumi replaces the workflow, which gets a new id. ``adopt``: the definition already exists.
Operation: TypeAlias = Literal["create", "update", "delete", "recreate", "adopt"]


@dataclass(frozen=True)
class Side:
    """A workflow before or after the change.

    :param where: its file, or ``file:line`` by step id, if it comes from a file or a program.
    :param levels: levels of lint rules that its program sets.
    """

    definition: Definition
    where: Source | Mapping[str, str] | None = None
    levels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """One workflow on both sides.

    :param label: how the reader knows it: the name of the resource, or of the file.
    :param old, new: ``None`` if the workflow doesn't exist on this side.
    :param old_label: the previous label, if it differs.
    :param id: the service's id, if known.
    :param version: the deployed version, if known.
    :param recreated: Pulumi replaces it: it gets a new id.
    :param changed: it is known to change, even if the change isn't visible here.
    :param adopts: the id of the existing definition that it adopts.
    :param on_delete: see :func:`.effects.effects_of`.
    :param options: the names of changed options of the resource, which aren't part of the workflow.
    :param reported: the lint rules with findings in the program's output; ``None`` if no program ran. A rule that the
        program set to off has no findings, and stays off.
    """

    label: str
    old: Side | None = None
    new: Side | None = None
    old_label: str | None = None
    id: str | None = None
    version: int | None = None
    recreated: bool = False
    changed: bool = False
    adopts: str | None = None
    on_delete: Json = None
    options: tuple[str, ...] = ()
    reported: frozenset[str] | None = None

    @property
    def differs(self) -> bool:
        """Whether the workflow changes."""
        if self.old is None or self.new is None:
            return self.old is not self.new
        # Comparing places is exact. Comparing steps ignores renamings, so it must not decide this.
        return self.changed or self.recreated or differ(self.old.definition, self.new.definition)


@dataclass(frozen=True)
class WorkflowReview:
    """What happens to one workflow; secrets are masked.

    :param name: the workflow's name, empty if it has none or a secret one.
    :param old_label, id, version, adopts, options: see :class:`Pair`.
    :param edits: by step, see :func:`.edits.compare_steps`.
    :param unseen: places that hold a secret before and after, so that changes are invisible.
    :param hidden: the workflow changes, but what changes is unknown.
    :param effects: what customers notice.
    :param new_problems, solved_problems: what lint finds on one side only.
    :param before, after: its steps as pictures.
    :param traffic: what conversations did on its steps before the change, if known.
    """

    label: str
    name: str
    operation: Operation
    edits: tuple[Edit, ...]
    effects: tuple[Sentence, ...]
    old_label: str | None = None
    id: str | None = None
    version: int | None = None
    adopts: str | None = None
    options: tuple[str, ...] = ()
    unseen: tuple[Path, ...] = ()
    hidden: bool = False
    new_problems: tuple[Problem, ...] = ()
    solved_problems: tuple[Problem, ...] = ()
    before: Picture | None = None
    after: Picture | None = None
    traffic: Traffic | None = None


@dataclass(frozen=True)
class Review:
    """What a change does.

    :param title: what was compared.
    :param workflows: the changed workflows, sorted by label.
    :param unchanged: the number of unchanged workflows.
    :param notes: further information for the reader, one line each.
    :param incomplete: why the review may lack something; empty if it doesn't.
    """

    title: str
    workflows: tuple[WorkflowReview, ...]
    unchanged: int = 0
    notes: tuple[str, ...] = ()
    incomplete: str = ""

    @property
    def changed(self) -> bool:
        """Whether something changes."""
        return bool(self.workflows)


def review(
    title: str,
    pairs: Iterable[Pair],
    *,
    unchanged: int = 0,
    running: Mapping[str, Mapping[int, int]] | None = None,
    traffic: Mapping[str, Traffic] | None = None,
    levels: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    incomplete: str = "",
) -> Review:
    """Reviews ``pairs``. The same pairs always produce the same review.

    :param unchanged: the number of further workflows, which are known not to change.
    :param running: how many instances run now: by definition id, then by version. The caller asks the service.
    :param traffic: what conversations did on the definitions before the change, by definition id.
    :param levels: levels of lint rules: ``{"unreachable-step": "off"}``.
    """
    reviews = []
    for pair in sorted(pairs, key=lambda pair: natural(pair.label)):
        if pair.differs:
            id = pair.id or pair.adopts or ""
            reviews.append(_review(pair, (running or {}).get(id), (traffic or {}).get(id), levels or {}))
        else:
            unchanged += 1
    return Review(title, tuple(reviews), unchanged, tuple(notes), incomplete)


def _review(
    pair: Pair, running: Mapping[int, int] | None, traffic: Traffic | None, levels: Mapping[str, str]
) -> WorkflowReview:
    old, old_problems = _masked(pair.old)
    new, new_problems = _masked(pair.new)
    comparison = compare_steps(old, new)
    names = comparison.names if pair.old and pair.new else {}
    back = {now: was for was, now in names.items()}
    appeared = [
        problem
        for problem in _only(new_problems, old_problems, back)
        if pair.reported is None or problem.rule in pair.reported
    ]
    solved = _only(old_problems, new_problems, names) if pair.new else ()
    before, after = pictures_of(comparison)
    latest = new or old
    name = latest.name if latest is not None and isinstance(latest.name, str) else ""
    return WorkflowReview(
        label=pair.label,
        name=name,
        operation=_operation(pair),
        edits=comparison.edits,
        effects=effects_of(comparison, running, pair.on_delete, adopted=pair.adopts is not None),
        old_label=pair.old_label,
        id=pair.id,
        version=pair.version,
        adopts=pair.adopts,
        options=pair.options,
        unseen=comparison.unseen,
        hidden=not (comparison.edits or pair.options or pair.recreated or old is None or new is None),
        new_problems=_listed(appeared, pair.new, levels, "solve these first"),
        solved_problems=_listed(solved, pair.old, levels),
        before=with_traffic(before, traffic) if before is not None and traffic is not None else before,
        after=after,
        traffic=traffic,
    )


def _operation(pair: Pair) -> Operation:
    if pair.recreated or pair.adopts:
        return "recreate" if pair.recreated else "adopt"
    return "create" if pair.old is None else "delete" if pair.new is None else "update"


def _masked(side: Side | None) -> tuple[Definition | None, tuple[Problem, ...]]:
    """Returns the definition without the secrets in plain text that lint finds, and all problems."""
    if side is None:
        return None, ()
    problems = find(side.definition, side.where.body if isinstance(side.where, Source) else None)
    secret = [problem.path for problem in problems if problem.rule == "secret-in-plain-text"]
    return mask(side.definition, secret), problems


def _only(problems: Sequence[Problem], others: Sequence[Problem], names: Mapping[str, str]) -> tuple[Problem, ...]:
    """Returns the ``problems`` that aren't among ``others``, whose steps have other ``names``."""
    known = Counter((other.rule, other.path) for other in others)
    only: dict[object, Problem] = {}  # a rule may find the same twice in one text
    for problem in problems:
        path = tuple(names.get(part, part) if isinstance(part, str) else part for part in problem.path)
        if known[problem.rule, path] > 0:
            known[problem.rule, path] -= 1
        else:
            only.setdefault((problem.rule, problem.path, problem.message), problem)
    return tuple(only.values())


def _listed(
    problems: Sequence[Problem], side: Side | None, levels: Mapping[str, str], hint: str = ""
) -> tuple[Problem, ...]:
    """Returns ``problems`` with their levels, and with file and line if they are known; of very many, the first."""
    where = side.where if side is not None else None
    own = side.levels if side is not None and where is not None else {}
    found = shortened(apply_levels(apply_levels(problems, own), levels), hint)
    return found if where is None else locate(found, where)
