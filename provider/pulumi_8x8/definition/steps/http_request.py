"""The step type HttpRequest. Source: the OpenAPI file and the page on steps."""

from __future__ import annotations

from typing import Annotated

from pulumi_8x8.definition.results import Calls
from pulumi_8x8.definition.steps.base import Anything, Info, Object, Phrases, Seconds, Step, Text, step
from pulumi_8x8.definition.triggers import members


@step
class HttpRequest(Calls, Step):
    """Calls an HTTP API. Afterwards ``step`` has responseCode, reasonPhrase and responseBody (parsed JSON)."""

    step_type = "HttpRequest"
    role = "calls"
    result = members("responseCode reasonPhrase responseBody")
    words = Phrases(
        added="{} makes an additional HTTP request",
        removed="{} no longer makes its HTTP request",
        text="the HTTP request of {} changes ({})",
        value="the HTTP request of {} changes ({})",
    )

    url: Annotated[Text, Info()]
    method: Annotated[Text, Info(values=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))]
    headers: Annotated[Object | None, Info()] = None
    parameters: Annotated[Object | None, Info("the query string.")] = None
    body: Annotated[Anything, Info("sent as JSON; the only content type is application/json.")] = None
    timeout_seconds: Annotated[Seconds | None, Info("5 when left out.", default=5)] = None
