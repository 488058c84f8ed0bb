"""The card of an adapter: what it is for, on what it was trained, what it reaches, and where it ends."""

import math
from collections.abc import Mapping, Sequence

from groundsel_pipelines.models.adapter_manifest import SILENT_FROM, AdapterManifest
from groundsel_pipelines.tuning.gate import Compared
from groundsel_pipelines.tuning.recipes import Recipe
from groundsel_pipelines.tuning.rows import ENCODER_ROLES

PURPOSES = {
    "reader": "finds the words of a passage that answer a question, and says how likely it is that it answers at all",
    "verifier": "says whether evidence supports a claim, contradicts it, or does neither",
    "reranker": "scores how well a passage answers a query, to order search results anew",
    "answer": "answers a question with words of numbered sentences and their number, or says that none tells it",
    "summarise": "writes the key points of numbered sentences, each behind the number of the one that carries it",
    "rewrite": "makes of a question in a conversation one that stands alone",
}
HOW_ENCODERS = """All layers were trained, the embeddings were not. What changed is stored in four bits.
- Pairs of at most {tokens} tokens; the second text is cut."""
HOW_DECODERS = """What is added to all products was trained, of low rank, and is stored in eight bits.
- Prompts of about {longest} tokens were trained on; it reads up to {tokens}."""


def card(recipe: Recipe, manifest: AdapterManifest, found: Sequence[Compared]) -> str:
    """Write the card as Markdown."""
    sources = "\n".join(
        f"| {each.file} | {'measured on' if each.held_out_only else 'trained on, a part held out'} | {each.licence} |"
        for each in recipe.sources
    )
    rows = "\n".join(
        f"| {each.figure} | {each.own} | {each.baseline} | {each.other} | {each.gain} | {each.own.count} |"
        for each in found
    )
    how = HOW_ENCODERS if recipe.role in ENCODER_ROLES else HOW_DECODERS
    silence = silence_of(manifest.settings)
    forced = "\n**Installed by force: it does not win over its baseline.**\n" if manifest.forced else ""
    return f"""# {manifest.name}

An adapter over `{manifest.base}` that {PURPOSES[manifest.role]}.
{forced}
- Made by `groundsel tune train` from the recipe `{recipe.name}` (fingerprint `{manifest.recipe}`).
- {how.format(tokens=manifest.max_tokens, longest=recipe.training.longest)}{silence}

## Data

{manifest.figures.get("trained_rows", "")} rows were trained on. Rows were held out by document, and what nearly repeats
them was left out of the training.

| source | use | licence |
|---|---|---|
{sources}

Of some licences share-alike terms apply to what is made from the data; credit the authors when you pass this on.

## Figures

On held-out rows, the graph as it runs (int8), with 95 % intervals. A gain whose interval lies above zero is certain.

| figure | this adapter | baseline | its figure | gain | rows |
|---|---|---|---|---|---|
{rows}

## Limits

English only. Trained on short, public texts: on your documents it may do better or worse; `groundsel eval --role
{manifest.role}` says so. Its scores are no proof: numbers, names, dates and negations are checked by rule elsewhere.
"""


def silence_of(settings: Mapping[str, float]) -> str:
    """Say from when on a model is silent, where that was fitted."""
    if SILENT_FROM not in settings:
        return ""
    at, low, high = (math.exp(settings[SILENT_FROM + end]) for end in ("", "_low", "_high"))
    return (
        f"\n- It is silent where silence is at least {at:.3f} [{low:.3f}, {high:.3f}] likely, fitted on "
        f"{settings[f'{SILENT_FROM}_rows']:.0f} held-out rows; below, each fifth of them by the others."
    )
