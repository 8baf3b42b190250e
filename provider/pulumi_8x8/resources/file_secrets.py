"""Secrets that a workflow file leaves out, from the stack's config."""

from __future__ import annotations

import pulumi

from pulumi_8x8.definition import Definition, Json, Path, Source
from pulumi_8x8.definition.placeholders import fill_secrets, map_texts, secrets_in
from pulumi_8x8.errors import SettingsError


def definition_of(file: Source) -> Definition:
    """The definition in ``file``; a text that leaves out a secret, such as ``<secret:crmToken>``, is an Output.

    :raises SettingsError: naming every secret that the config does not have, with its line, and how to set it.
    """
    if "secret:" not in file.text:  # reading each text again takes its time
        return file.definition
    config = pulumi.Config()
    missing: list[str] = []

    def filled(path: Path, text: str) -> Json:
        values = {name: config.get_secret(name) for name in secrets_in(text)}
        line = file.line_of(path) if None in values.values() else None
        missing.extend(
            f"{file.path}:{line}: the secret {name} is not set: pulumi config set --secret {name}"
            for name, value in values.items()
            if value is None
        )
        return pulumi.Output.all(**values).apply(lambda known: fill_secrets(text, known)) if values else text

    definition = map_texts(file.definition, filled)
    if missing:
        raise SettingsError("\n".join(missing))
    return definition
