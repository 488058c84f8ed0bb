"""A prompt in a model's own form of a conversation."""

import json
from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.chat_template import ChatTemplate
from groundsel_pipelines.protocols import Prompt

PROMPT = Prompt(system="Answer briefly.", user="How long is leave?")


def template(folder: Path, text: object, **config: object) -> ChatTemplate:
    values = {"chat_template": text, **config} if text else config
    (folder / "tokenizer_config.json").write_text(json.dumps(values), encoding="utf-8")
    return ChatTemplate(folder)


def test_the_template_is_given_the_turns_and_the_models_own_tokens(tmp_path: Path) -> None:
    found = template(
        tmp_path,
        "{{ bos_token }}{% for turn in messages %}{{ turn.role }}: {{ turn.content }}{{ eos_token }}\n{% endfor %}"
        "{% if add_generation_prompt %}assistant:{% endif %}",
        bos_token={"content": "<s>", "lstrip": False},
        eos_token="</s>",  # noqa: S106 - no password
    )

    assert found.render(PROMPT) == "<s>system: Answer briefly.</s>\nuser: How long is leave?</s>\nassistant:"


def test_what_is_not_said_is_no_turn(tmp_path: Path) -> None:
    found = template(tmp_path, "{{ messages | length }}")

    assert found.render(Prompt(system="", user="How long?")) == "1"


def test_a_template_in_a_file_of_its_own_comes_first(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_text("of the file", encoding="utf-8")

    assert template(tmp_path, "of the configuration").render(PROMPT) == "of the file"


def test_of_several_templates_the_default_is_taken(tmp_path: Path) -> None:
    several = [{"name": "tool_use", "template": "tools"}, {"name": "default", "template": "plain"}]

    assert template(tmp_path, several).render(PROMPT) == "plain"


def test_a_model_without_a_template_reads_the_text_as_it_is(tmp_path: Path) -> None:
    assert template(tmp_path, None).render(PROMPT) == "Answer briefly.\n\nHow long is leave?\n"


def test_a_template_that_refuses_the_conversation_says_why(tmp_path: Path) -> None:
    found = template(tmp_path, "{{ raise_exception('System role not supported') }}")

    with pytest.raises(InvalidInput, match="System role not supported"):
        found.render(PROMPT)


def test_a_template_that_is_none_is_refused_when_the_model_is_opened(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        template(tmp_path, "{% for %}")


@pytest.mark.parametrize(
    "attack",
    [
        "{{ messages.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.append('more') }}",
        "{{ ''.__class__.__init__.__globals__ }}",
        "{{ raise_exception.__globals__.keys() }}",
    ],
)
def test_a_template_reaches_nothing_but_the_conversation(tmp_path: Path, attack: str) -> None:
    with pytest.raises(InvalidInput, match="does not take the prompt"):
        template(tmp_path, attack).render(PROMPT)
