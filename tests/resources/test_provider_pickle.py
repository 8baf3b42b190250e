"""What Pulumi keeps of the provider in users' state."""

from __future__ import annotations

from base64 import b64decode
from pickletools import genops

import dill
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_8x8.resources import WorkflowProvider, WorkflowRunProvider

from .harness import Calls, LocalProvider, Service

#: Pickle protocol 4: the class by its dotted path, and nothing else. Newer versions must be able to read it.
PICKLED = (
    b"\x80\x04\x959\x00\x00\x00\x00\x00\x00\x00"
    b"\x8c\x1dpulumi_8x8.resources.provider\x94\x8c\x10WorkflowProvider\x94\x93\x94)\x81\x94."
)
PICKLED_RUN = (
    b"\x80\x04\x957\x00\x00\x00\x00\x00\x00\x00"
    b"\x8c\x18pulumi_8x8.resources.run\x94\x8c\x13WorkflowRunProvider\x94\x93\x94)\x81\x94."
)


def test_what_is_in_the_state() -> None:
    """The class by its path, without settings, keys or code: other bytes would change every resource of every user."""
    assert b64decode(serialize_provider(WorkflowProvider())) == PICKLED
    assert b64decode(serialize_provider(WorkflowRunProvider())) == PICKLED_RUN


def test_what_older_versions_stored_is_read() -> None:
    """The bytes in users' state make a provider that works once it is configured."""
    provider = dill.loads(PICKLED)
    assert type(provider) is WorkflowProvider
    provider.configure_with({}.get)
    assert "8x8:accountId" in Calls(provider).check({}, {}).failures[0].reason
    assert type(dill.loads(PICKLED_RUN)) is WorkflowRunProvider


def test_a_configured_provider_does_not_get_into_the_state() -> None:
    """The constructor makes all there is to pickle: an instance without members."""
    assert vars(WorkflowProvider()) == {}
    assert {op.name for op, _, _ in genops(PICKLED)}.isdisjoint({"BUILD", "SETITEMS", "SETITEM"})
    assert vars(LocalProvider(Service())) != {}
