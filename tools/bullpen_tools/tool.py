"""A tool is a typed function; its schema, its permissions and its errors come from its signature.

The rule it protects: a model's input is validated against the schema before the function runs,
and what goes wrong is told to whoever can fix it. It does not know any model's wire format, and
it stores nothing: `toolbox.py` does.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal, Protocol, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo

from bullpen_memory.errors import DefectError, InputError, ModelError
from bullpen_tools import spoken
from bullpen_tools.context import Receipt, Result, ToolContext
from bullpen_tools.refusals import explain

Risk = Literal["read", "write", "effect"]
"""read: looks; write: changes the desk's own memory; effect: changes something outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """What a model is told about a tool. `schema` is a JSON Schema object for the arguments.

    `label` is what people see while it runs, a short present participle ("pricing the legs");
    neither it nor `risk` is sent to a model.
    """

    name: str
    description: str
    schema: dict[str, Any]
    label: str = ""
    risk: Risk = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a call gave: `text` is what the model reads, `error` says the model must change its call."""

    text: str
    error: bool = False
    receipt: Receipt | None = None
    meta: dict[str, Any] = field(default_factory=dict)


class BoundTool(Protocol):
    """A tool bound to one run and one agent: the only thing the turn loop ever calls.

    `call` never raises for bad arguments or a failing tool: it returns an Outcome with
    `error=True` and a text that says fact, cause and remedy. `call_key` identifies the call for
    ever: the same key gives back the first outcome without running the tool again. It raises
    only for defects of ours and on cancellation.
    """

    @property
    def spec(self) -> ToolSpec: ...

    async def call(self, args: dict[str, Any], *, call_key: str) -> Outcome: ...


class Arguments(BaseModel):
    """The base of every tool's arguments: unknown names and wrong types are refused, not bent."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


ToolFunction = Callable[..., Result | Awaitable[Result]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A registered tool: the function and everything that was read from its signature."""

    spec: ToolSpec
    version: str
    arguments: type[BaseModel]
    function: ToolFunction
    whole: bool

    @property
    def name(self) -> str:
        return self.spec.name

    def validate(self, args: dict[str, Any], today: date | None = None) -> BaseModel:
        """The typed arguments; ModelError with one clause per wrong argument otherwise.

        Numbers and days may be written as people do ("25 %", "20 March 2026"); an expiry counts
        from `today` (default: the day it is) unless `valued_on` says otherwise. The check runs on
        JSON, so that a date may be a string but a number may not.
        """
        try:
            given = spoken.read(args, self.spec.schema, today or datetime.now(UTC).date())
            return self.arguments.model_validate_json(json.dumps(given))
        except ValidationError as error:
            raise ModelError(
                f"`{self.name}` was not run.",
                "; ".join(self._explain(dict(item)) for item in error.errors()) + ".",
                f"Call it again with these arguments: {', '.join(self.spec.schema['properties']) or 'none'}.",
            ) from error
        except InputError as error:
            raise ModelError(f"`{self.name}` was not run.", str(error), "") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise ModelError(
                f"`{self.name}` was not run.",
                "Its arguments cannot be written as JSON.",
                "Send one JSON object.",
            ) from error

    def _explain(self, item: dict[str, Any]) -> str:
        return explain(item, tuple(self.spec.schema["properties"]))

    async def run(self, ctx: ToolContext, arguments: BaseModel) -> Result:
        """Call the function; a plain function runs in a thread so that it never holds up the desk."""
        given: dict[str, Any] = (
            {}
            if self.whole
            else {name: getattr(arguments, name) for name in type(arguments).model_fields}
        )
        head: tuple[Any, ...] = (ctx, arguments) if self.whole else (ctx,)
        if inspect.iscoroutinefunction(self.function):
            result = await self.function(*head, **given)
        else:
            result = await asyncio.to_thread(self.function, *head, **given)
        if not isinstance(result, Result):
            raise DefectError(f"`{self.name}` returned {type(result).__name__}, not a Result.")
        return result


def tool(
    *, risk: Risk, label: str, version: str = "1", name: str = ""
) -> Callable[[ToolFunction], Tool]:
    """Make a tool of `def f(ctx: ToolContext, a: int, b: str = "") -> Result`.

    The arguments' schema comes from the annotations, their descriptions from the docstring's
    `Args:` section, the tool's description from the text before it. A function whose only
    argument beside `ctx` is an `Arguments` model has that model's fields as its arguments.
    Raises DefectError at import for an argument without annotation or description.
    """

    def register(function: ToolFunction) -> Tool:
        title = name or function.__name__
        description, described = _read_docstring(inspect.getdoc(function) or "", title)
        arguments, whole = _arguments(function, title, described)
        schema = _inline(arguments.model_json_schema())
        spec = ToolSpec(name=title, description=description, schema=schema, label=label, risk=risk)
        return Tool(spec=spec, version=version, arguments=arguments, function=function, whole=whole)

    return register


def _arguments(
    function: ToolFunction, title: str, described: dict[str, str]
) -> tuple[type[BaseModel], bool]:
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    if len(parameters) == 1 and _is_arguments(hints.get(parameters[0].name)):
        return cast(type[BaseModel], hints[parameters[0].name]), True
    fields: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.name not in hints or parameter.name not in described:
            raise DefectError(
                f"The tool `{title}` cannot be registered.",
                f"Its argument `{parameter.name}` lacks an annotation or an entry under Args.",
                "Add it.",
            )
        default: Any = ... if parameter.default is parameter.empty else parameter.default
        info: FieldInfo = Field(default, description=described[parameter.name])
        fields[parameter.name] = (hints[parameter.name], info)
    return create_model(f"{title}_arguments", __base__=Arguments, **fields), False


def _is_arguments(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, Arguments)


def _read_docstring(text: str, title: str) -> tuple[str, dict[str, str]]:
    """(text before `Args:`, {argument: description}); sections after it are for developers."""
    head, _, tail = text.partition("\nArgs:\n")
    if not head.strip():
        raise DefectError(f"The tool `{title}` cannot be registered.", "It has no docstring.")
    described: dict[str, str] = {}
    current = ""
    for line in tail.splitlines():
        if line and not line.startswith(" "):
            break
        if found := re.match(r" {4}(\w+):\s*(.*)", line):
            current = found[1]
            described[current] = found[2].strip()
        elif current and line.strip():
            described[current] += " " + line.strip()
    return head.strip(), described


def _inline(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without `$ref`, titles or a top-level description: local servers lack the first."""
    definitions: dict[str, Any] = schema.pop("$defs", {})
    schema.pop("description", None)

    def walk(node: Any, *, names: bool = False) -> Any:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            target = copy.deepcopy(definitions[node["$ref"].rsplit("/", 1)[-1]])
            return walk(target | {key: node[key] for key in node if key != "$ref"})
        # Under "properties" the keys are argument names, and one may well be called "title".
        kept = {key: item for key, item in node.items() if names or key != "title"}
        return {key: walk(item, names=key == "properties") for key, item in kept.items()}

    inlined = cast(dict[str, Any], walk(schema))
    inlined.setdefault("properties", {})
    return inlined
