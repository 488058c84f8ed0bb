"""A model's own form of a conversation: the Jinja template beside its tokenizer, as transformers renders it."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.protocols import Prompt

# Of a model that knows no conversation
PLAIN: Final = "{{ messages | map(attribute='content') | join('\n\n') ~ '\n' }}"
TOKENS: Final = ("bos_token", "eos_token", "pad_token", "unk_token")


class ChatTemplate:
    """Renders a prompt up to where the model answers; a template comes with the weights, and is run in a sandbox."""

    def __init__(self, folder: Path) -> None:
        """Read `chat_template.jinja`, or the template in `tokenizer_config.json`.

        Raises:
            InvalidInput: the files are damaged, or the template is none.

        """
        self._folder = folder
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.filters["tojson"] = _as_json
        environment.globals |= {"raise_exception": _refuse, "strftime_now": _now}
        try:
            config: dict[str, Any] = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
            self._template = environment.from_string(_source(folder, config))
        except (OSError, ValueError, TemplateError) as error:
            raise InvalidInput(f"the chat template in {folder} cannot be read: {error}") from None
        self._tokens = {name: _content(config[name]) for name in TOKENS if config.get(name)}

    def render(self, prompt: Prompt) -> str:
        """Give the text that the model reads, the beginning of its answer included.

        Raises:
            InvalidInput: the template does not take such a conversation.

        """
        messages = [
            {"role": role, "content": content}
            for role, content in (("system", prompt.system), ("user", prompt.user))
            if content
        ]
        try:
            return self._template.render(messages=messages, add_generation_prompt=True, **self._tokens)
        except (TemplateError, TypeError) as error:
            raise InvalidInput(f"the chat template in {self._folder} does not take the prompt: {error}") from None


def _source(folder: Path, config: Mapping[str, Any]) -> str:
    file = folder / "chat_template.jinja"
    if file.exists():
        return file.read_text(encoding="utf-8")
    template = config.get("chat_template") or PLAIN
    if isinstance(template, str):
        return template
    named = {each["name"]: each["template"] for each in template}  # several, of which some are for tools
    return str(named.get("default", PLAIN))


def _content(token: str | Mapping[str, Any]) -> str:
    return token if isinstance(token, str) else str(token["content"])


def _as_json(value: object, indent: int | None = None) -> str:
    """Write JSON without the escapes for HTML that Jinja's own filter makes."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)
