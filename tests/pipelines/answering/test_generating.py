"""One run of the model at a time, whole sentences as soon as they are whole, nothing half said."""

import asyncio
import threading
from collections.abc import Generator

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import ScriptedModel
from groundsel_pipelines.answering.generating import Bulkhead, Generation, complete_sentences
from groundsel_pipelines.errors import Busy
from groundsel_pipelines.protocols import Prompt


def spoken(*pieces: str, cut: bool = False) -> list[str]:
    return list(complete_sentences(pieces, "en", cut=lambda: cut))


def test_a_sentence_is_given_once_the_next_one_begins() -> None:
    sentences = complete_sentences(iter(["One ends", ". Two", " goes on"]), "en", cut=lambda: False)

    assert next(sentences) == "One ends."
    assert list(sentences) == ["Two goes on"]


def test_what_was_cut_before_its_end_is_not_said() -> None:
    assert spoken("One ends. Two goes", cut=True) == ["One ends."]
    assert spoken("One ends. Two ends.", cut=True) == ["One ends.", "Two ends."]


@given(st.lists(st.text("ab .!?\n", max_size=6), max_size=20))
def test_however_the_text_is_cut_into_pieces_no_letter_is_lost(pieces: list[str]) -> None:
    assert "".join("".join(spoken(*pieces)).split()) == "".join("".join(pieces).split())


def test_a_full_queue_is_said_at_once() -> None:
    async def enter_twice() -> None:
        bulkhead = Bulkhead(timeout=1.0, slots=1, mean_seconds=3.0)
        async with bulkhead.enter(seconds=1), bulkhead.enter(seconds=1):
            pass

    with pytest.raises(Busy) as busy:
        anyio.run(enter_twice)
    assert busy.value.retry_after == 3


def test_as_many_run_at_once_as_there_are_slots() -> None:
    async def enter_all() -> None:
        bulkhead = Bulkhead(timeout=1.0, slots=3, mean_seconds=9.0)
        async with bulkhead.enter(seconds=1), bulkhead.enter(seconds=1), bulkhead.enter(seconds=1):
            with pytest.raises(Busy):
                async with bulkhead.enter(seconds=1):
                    pass

    anyio.run(enter_all)


def test_who_waits_in_vain_leaves_the_queue() -> None:
    bulkhead = Bulkhead(timeout=10.0, slots=1, mean_seconds=1.0)

    async def wait() -> None:
        with pytest.raises(Busy):
            async with bulkhead.enter(seconds=0.01):
                pass

    async def hold_while_another_waits() -> None:
        async with bulkhead.enter(seconds=1), anyio.create_task_group() as group:
            group.start_soon(wait)

    anyio.run(hold_while_another_waits)

    assert bulkhead.waiting == 0


def test_the_slot_is_free_again_after_a_run_that_broke() -> None:
    async def enter_after_a_break() -> None:
        bulkhead = Bulkhead(timeout=1.0, slots=1)
        with pytest.raises(ValueError, match="broken"):
            async with bulkhead.enter(seconds=1):
                raise ValueError("broken")
        async with bulkhead.enter(seconds=1):
            pass

    anyio.run(enter_after_a_break)


class Held(ScriptedModel):
    """Waits before it speaks; says when it has begun and when it was closed."""

    def __init__(self) -> None:
        super().__init__("One ends. ", "Two ends.")
        self.begun, self.released, self.closed = threading.Event(), threading.Event(), threading.Event()

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generator[str]:
        try:
            self.begun.set()
            self.released.wait(10)
            yield from super().generate(prompt, max_tokens=max_tokens)
        finally:
            self.closed.set()


def test_a_model_that_still_speaks_when_the_service_has_ended_is_closed() -> None:
    model = Held()
    generation = Generation(model, Prompt(system="", user="?"), max_tokens=9, language="en")

    async def begin() -> None:
        with generation.start(Bulkhead(timeout=9.0), seconds=9.0):
            await asyncio.sleep(0)
            await asyncio.to_thread(model.begun.wait, 10)

    with asyncio.Runner() as runner:
        runner.run(begin())
        model.released.set()  # while no loop answers

        assert model.closed.wait(10)
