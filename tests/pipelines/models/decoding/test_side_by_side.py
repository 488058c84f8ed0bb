"""Texts that are written at the same time are written as each would be alone."""

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.models.decoding import batch
from groundsel_pipelines.models.decoding.decoder import Decoder, Writing
from groundsel_pipelines.models.decoding.drafting import LONGEST
from groundsel_pipelines.models.graphs import write_decoder
from tiny_models import write_tiny_decoder

LONG = 24  # tokens


@pytest.fixture(scope="module", params=["repeats itself", "hardly repeats itself"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a decoder whose drafts are mostly right, and one whose drafts are mostly wrong."""
    weights = write_tiny_decoder(tmp_path_factory.mktemp("weights") / "tiny")
    if request.param == "hardly repeats itself":
        make_lively(weights)
    target = tmp_path_factory.mktemp("graph")
    write_decoder(weights, target, precision="fp32")
    return target


def make_lively(weights: Path) -> None:
    """Let it attend strongly, with an output layer that is not its embedding.

    The two likeliest tokens are never nearer than .003, sixty times what rounding moves them by.
    """
    tensors = load_file(weights / "model.safetensors")
    tensors = {name: values * (2 if "_proj" in name else 1) for name, values in tensors.items()}
    shape = tensors["model.embed_tokens.weight"].shape
    tensors["lm_head.weight"] = np.random.default_rng(8).normal(0, 1, shape).astype(np.float32)
    save_file(tensors, weights / "model.safetensors")
    config = json.loads((weights / "config.json").read_text(encoding="utf-8"))
    (weights / "config.json").write_text(json.dumps({**config, "tie_word_embeddings": False}), encoding="utf-8")


@pytest.fixture
def decoder(folder: Path) -> Decoder:
    return Decoder(folder, threads=1)


def prompts(count: int) -> list[list[int]]:
    """Give prompts of different lengths, from a part of a piece to several."""
    generator = np.random.default_rng(3)
    return [generator.integers(0, 20, 5 + 37 * number).tolist() for number in range(count)]


def repeating(count: int) -> list[list[int]]:
    """Give prompts of few tokens: what followed two of them before follows them now and then."""
    generator = np.random.default_rng(4)
    return [generator.integers(3, 8, 40).tolist() for _ in range(count)]


def alone(folder: Path, prompt: Sequence[int], *, max_tokens: int = LONG) -> list[int]:
    return list(Decoder(folder, threads=1).generate(prompt, max_tokens=max_tokens, shortcuts=False))


def taken(writing: Writing, count: int) -> list[int]:
    tokens = writing.tokens()
    return [token for _, token in zip(range(count), tokens, strict=False)]


def counted(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Give a list to which the tokens of each run of the graph will be added."""
    read: list[int] = []
    run = decoder.graph.run

    def counting(binding: object, tokens: np.ndarray, *rest: object) -> object:
        read.append(tokens.shape[1])
        return run(binding, tokens, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(decoder.graph, "run", counting)
    return read


def test_texts_that_are_written_in_turns_are_those_written_alone(folder: Path, decoder: Decoder) -> None:
    asked = prompts(5)
    expected = [alone(folder, each) for each in asked]

    texts = [decoder.begin(each, max_tokens=LONG).tokens() for each in asked]
    found: list[list[int]] = [[] for _ in texts]
    for _ in range(LONG):
        for text, tokens in zip(found, texts, strict=True):
            text += [token for token in [next(tokens, None)] if token is not None]

    assert found == expected
    assert any(len(each) == LONG for each in expected)


def test_texts_of_several_threads_are_those_written_alone(folder: Path, decoder: Decoder) -> None:
    asked = prompts(4)
    found: dict[int, list[int]] = {}

    def write(number: int) -> None:
        found[number] = list(decoder.generate(asked[number], max_tokens=LONG))

    threads = [Thread(target=write, args=(number,)) for number in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [found[number] for number in range(len(asked))] == [alone(folder, each) for each in asked]


def test_of_many_who_come_and_go_each_is_told_what_it_would_be_told_alone(folder: Path, decoder: Decoder) -> None:
    asked = [*repeating(6), *prompts(4)]
    expected = [alone(folder, each) for each in asked]
    wrong: list[tuple[int, int]] = []

    def ask(seed: int) -> None:
        generator = np.random.default_rng(seed)
        for _ in range(40):
            number, most = int(generator.integers(len(asked))), int(generator.choice([0, 2, LONG]))
            with closing(decoder.begin(asked[number], max_tokens=LONG)) as writing:
                if taken(writing, most) != expected[number][:most]:
                    wrong.append((number, most))

    threads = [Thread(target=ask, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_who_leaves_does_not_change_what_the_others_are_told(folder: Path, decoder: Decoder) -> None:
    asked = prompts(4)
    texts = [decoder.begin(each, max_tokens=LONG) for each in asked]
    begun = [taken(text, 3) for text in texts[:3]]  # the fourth prompt, of several pieces, is still being read

    texts[0].close()
    texts[1].close()

    assert [*begun[2], *texts[2].tokens()] == alone(folder, asked[2])
    assert list(texts[3].tokens()) == alone(folder, asked[3])


def test_a_text_that_was_closed_is_written_no_further(decoder: Decoder) -> None:
    text, other = (decoder.begin(each, max_tokens=LONG) for each in prompts(2))
    taken(other, 1)
    text.close()
    other.close()

    assert len(list(text.tokens())) < LONG
    with pytest.raises(RuntimeError, match="closed before"):
        closed_at_once(decoder).first()


def closed_at_once(decoder: Decoder) -> Writing:
    text = decoder.begin(prompts(1)[0], max_tokens=LONG)
    text.close()
    return text


def test_who_comes_in_between_is_written_too(folder: Path, decoder: Decoder) -> None:
    asked = prompts(3)
    first = decoder.begin(asked[0], max_tokens=2 * LONG)
    begun = taken(first, 4)
    between = list(decoder.generate(asked[2], max_tokens=LONG))

    assert between == alone(folder, asked[2])
    assert [*begun, *first.tokens()] == alone(folder, asked[0], max_tokens=2 * LONG)


def test_what_foretells_the_next_tokens_does_not_change_them(
    folder: Path, decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = counted(decoder, monkeypatch)
    asked = repeating(20)

    found = [list(decoder.generate(each, max_tokens=2 * LONG)) for each in asked]

    assert found == [alone(folder, each, max_tokens=2 * LONG) for each in asked]
    assert max(count for count in read if count <= LONGEST + 1) > 1


def test_texts_with_and_without_drafts_are_written_side_by_side(folder: Path, decoder: Decoder) -> None:
    asked = repeating(12)
    longest = [3 + 5 * number for number in range(len(asked))]

    texts = [decoder.begin(each, max_tokens=most) for each, most in zip(asked, longest, strict=True)]
    found = [list(each.tokens()) for each in reversed(texts)]

    expected = [alone(folder, each, max_tokens=most) for each, most in zip(asked, longest, strict=True)]
    assert found[::-1] == expected


def test_a_prompt_that_begins_as_the_one_before_is_read_from_where_they_part(
    folder: Path, decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, other = prompts(3)[2], prompts(2)[1]
    list(decoder.generate(begin, max_tokens=1))
    read = counted(decoder, monkeypatch)

    found = list(decoder.generate([*begin, *other], max_tokens=1))

    assert sum(read) == len(other)
    assert found == alone(folder, [*begin, *other], max_tokens=1)


def test_a_prompt_that_begins_as_one_being_written_is_read_from_where_they_part(
    folder: Path, decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, other = prompts(3)[2], prompts(2)[1]
    first = decoder.begin(begin, max_tokens=LONG)
    begun = taken(first, 2)
    read = counted(decoder, monkeypatch)

    found = taken(decoder.begin([*begin, *other], max_tokens=LONG), 1)

    assert sum(read) < len(begin)
    assert found == alone(folder, [*begin, *other], max_tokens=1)
    assert [*begun, *first.tokens()] == alone(folder, begin)


def test_a_prompt_is_read_again_where_only_its_last_token_is_asked_for(folder: Path, decoder: Decoder) -> None:
    prompt = prompts(2)[1]

    assert [list(decoder.generate(prompt, max_tokens=5)) for _ in range(2)] == [alone(folder, prompt, max_tokens=5)] * 2


def test_what_a_row_held_before_is_not_seen_by_the_text_that_follows(folder: Path, decoder: Decoder) -> None:
    long, short = prompts(4)[3], prompts(1)[0]
    list(decoder.generate(long, max_tokens=LONG))

    assert list(decoder.generate(short, max_tokens=LONG)) == alone(folder, short)


def test_memory_of_many_long_texts_is_given_back(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "KEPT_BYTES", 1000)
    prompt = prompts(2)[1]
    list(decoder.generate(prompt, max_tokens=4))
    read = counted(decoder, monkeypatch)

    next(decoder.generate(prompt, max_tokens=4))

    assert read[0] == len(prompt)


def test_all_who_wait_are_told_that_the_runtime_failed_and_the_next_is_written(
    folder: Path, decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [decoder.begin(each, max_tokens=LONG) for each in prompts(3)]

    def failing(*_: object) -> None:
        raise Unavailable("the language model failed: out of memory")

    with monkeypatch.context() as broken:
        broken.setattr(decoder.graph, "run", failing)
        for text in texts:
            with pytest.raises(Unavailable, match="out of memory"), closing(text):
                next(text.tokens())

    assert list(decoder.generate(prompts(1)[0], max_tokens=LONG)) == alone(folder, prompts(1)[0])


def test_the_likelihoods_of_a_text_are_those_of_its_tokens_one_by_one(decoder: Decoder) -> None:
    prompt, text = prompts(2)[1], [4, 9, 2]
    found = decoder.log_likelihoods(prompt, text)

    one_by_one = [decoder.log_likelihoods([*prompt, *text[:at]], text[at : at + 1])[0] for at in range(len(text))]

    assert found == pytest.approx(one_by_one, abs=1e-5)
