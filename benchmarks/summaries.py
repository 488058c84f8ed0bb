"""Summaries of meetings, of all or of what is asked: ROUGE beside the beginning of the text, and the share supported.

The queries of qmsum's validation set over its transcripts. All summaries of a query have as many sentences: chosen by
us, taken from the beginning (the lead), or best by their words alone (BM25, as a plain search would quote them). With
--generated the default language model writes from the chosen sentences, each of its sentences checked; with --tuned
NAME a model of the role `summarise` writes the points of whole meetings, part by part, as the product lets it.
"""

import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from rich.progress import track

from corpora import default_embedder, document, rows
from groundsel_pipelines.answering.checking import check
from groundsel_pipelines.answering.evidence import Place
from groundsel_pipelines.answering.generating import complete_sentences
from groundsel_pipelines.answering.summarising import in_parts, in_reading_order, key_sentences, ranked, telling_places
from groundsel_pipelines.answering.summarizer import MAPPED, SUMMARY_TOKENS, sentences_of
from groundsel_pipelines.answering.telling import EVIDENCE_TOKENS, within_budget
from groundsel_pipelines.evaluating.intervals import mean_interval
from groundsel_pipelines.evaluating.rouge import rouge_l, rouge_n
from groundsel_pipelines.models import load_language_model
from groundsel_pipelines.prompting import numbered_points, read_numbered, summary_of, summary_prompt
from groundsel_pipelines.protocols import Embedder, LanguageModel
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.words import stems
from reporting import Row, arguments, report, shared_data

SENTENCES: Final = 6
MAX_TOKENS: Final = 96
NOISE: Final = re.compile(r"\{\w+\}|<\w+>")
SPACED: Final = re.compile(r"\s+([.,;:!?'])")

Summaries = dict[str, list[tuple[str, str, float]]]  # by method: summary, reference, share of its sentences supported


def transcript(row: Mapping[str, object]) -> str:
    """Write a meeting as one speaker a line, without the marks of its transcription."""
    lines = []
    for turn in row["meeting_transcripts"]:  # type: ignore[attr-defined]
        text = SPACED.sub(r"\1", NOISE.sub("", turn["content"])).strip()
        lines.append(f"{turn['speaker']}: {text}")
    return "\n".join(lines)


def best_words(places: Sequence[Place], query: str, count: int) -> list[Place]:
    """Give the sentences that BM25 puts first (Robertson and Zaragoza 2009), in reading order."""
    held = [Counter(stems(place.text, "en")) for place in places]
    asked = stems(query, "en")
    holding = Counter(stem for words in held for stem in words)
    mean = sum(map(len, held)) / len(held)

    def score(index: int) -> float:
        length = 0.25 + 0.75 * len(held[index]) / mean
        return sum(
            math.log(len(places) / holding[stem]) / (1 + 1.2 * length) for stem in sorted(asked & held[index].keys())
        )

    best = sorted(range(len(places)), key=lambda index: (-score(index), index))[:count]
    return [places[index] for index in sorted(best)]


def written(model: LanguageModel, query: str, places: Sequence[Place], embedder: Embedder) -> tuple[str, float]:
    """Let the model write; give what passes the check, and the share of its sentences that does."""
    prompt = summary_prompt(query, [place.text for place in places], border="=====")
    said = list(complete_sentences(model.generate(prompt, max_tokens=MAX_TOKENS), "en", cut=lambda: False))
    if not said:
        return "", 0.0
    vectors = embedder.embed_passages([*said, *(place.text for place in places)])
    near = vectors[: len(said)] @ vectors[len(said) :].T
    passed = [
        sentence
        for row, sentence in enumerate(said)
        if any(
            check(sentence, place.text, context="", language="en", cosine=float(near[row, column])).supported
            for column, place in enumerate(places)
        )
    ]
    return " ".join(passed), len(passed) / len(said)


def pointed(model: LanguageModel, places: Sequence[Place], embedder: Embedder) -> tuple[str, float]:
    """Let a tuned model write the points of each part; give what passes the check, and the share that does."""
    best = within_budget(ranked(places, embedder, most=MAPPED), embedder.tokens, SUMMARY_TOKENS)
    points: list[tuple[str, bool]] = []
    for part in in_parts(in_reading_order(best, places), embedder.tokens, tokens=EVIDENCE_TOKENS):
        text = "".join(model.generate(summary_of("", [each.place.text for each in part]), max_tokens=MAX_TOKENS))
        for number, words in map(read_numbered, numbered_points(text)):
            held = part[number - 1].place.text if 0 < number <= len(part) else ""
            points.append((words, check(words, held, context="", language="en", cosine=1).supported))
    passed = [words for words, carried in points if carried]
    return " ".join(passed), len(passed) / max(1, len(points))


def summarised(
    meetings: int, embedder: Embedder, model: LanguageModel | None, tuned: LanguageModel | None
) -> Summaries:
    found: Summaries = defaultdict(list)
    held = list(rows(shared_data("qmsum") / "val.jsonl.gz"))[:meetings]
    for number, row in enumerate(track(held, description="meetings", disable=not sys.stderr.isatty())):
        places = sentences_of([document(f"m{number}", title="", text=transcript(row))], embedder)
        telling = telling_places(places)
        for each in [*row["general_query_list"], *row["specific_query_list"]]:
            query, reference = each["query"], each["answer"]
            about = "" if each in row["general_query_list"] else query
            chosen = [one.place for one in key_sentences(places, embedder, about=about, most=SENTENCES)]
            kind = "asked" if about else "whole"
            for method, shown in (
                ("key sentences", chosen),
                ("lead", telling[:SENTENCES]),
                ("best words", best_words(telling, query, SENTENCES)),
            ):
                found[f"{kind}, {method}"].append((" ".join(place.text for place in shown), reference, 1.0))
            if model is not None:
                summary, share = written(model, query, chosen, embedder)
                found[f"{kind}, generated, checked"].append((summary, reference, share))
            if tuned is not None and not about:
                summary, share = pointed(tuned, places, embedder)
                found["whole, tuned, checked"].append((summary, reference, share))
    return found


def figures(method: str, summaries: Sequence[tuple[str, str, float]], lead: Sequence[tuple[str, str, float]]) -> Row:
    """Give the figures of a method, and its gain over the beginning of the text, query by query."""
    gains = [
        rouge_l(own, reference) - rouge_l(other, reference)
        for (own, reference, _), (other, _, _) in zip(summaries, lead, strict=True)
    ]
    return {
        "summaries": method,
        "queries": len(summaries),
        "words": round(sum(len(summary.split()) for summary, _, _ in summaries) / len(summaries)),
        "ROUGE-1": str(mean_interval([rouge_n(summary, reference, 1) for summary, reference, _ in summaries])),
        "ROUGE-2": str(mean_interval([rouge_n(summary, reference, 2) for summary, reference, _ in summaries])),
        "ROUGE-L": str(mean_interval([rouge_l(summary, reference) for summary, reference, _ in summaries])),
        "ROUGE-L over lead": str(mean_interval(gains)),
        "supported": f"{sum(share for _, _, share in summaries) / len(summaries):.3f}",
    }


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--meetings", type=int, default=35, help="how many of the 35")
    parser.add_argument("--generated", action="store_true", help="let the default language model write too: minutes")
    parser.add_argument("--tuned", default="", metavar="NAME", help="let this model of the role `summarise` write too")
    options = parser.parse_args()
    models = read_settings().models
    model = load_language_model(models.folder, models.answer, threads=models.threads) if options.generated else None
    tuned = load_language_model(models.folder, options.tuned, threads=models.threads) if options.tuned else None
    found = summarised(options.meetings, default_embedder(), model, tuned)
    table = [figures(name, each, found[f"{name.partition(',')[0]}, lead"]) for name, each in sorted(found.items())]
    report("Summaries of meetings", table, json_file=options.json)


if __name__ == "__main__":
    main()
