"""The model card: what a model is, what it learned from, what it is good for.

After Mitchell et al., Model cards for model reporting, FAT* 2019; in Markdown.
"""

import re
from typing import Any

from lyre.counting import counted
from train.packaging import examples
from train.packaging.checking import TOLERANCE, WINDOW_TOLERANCE, Agreement, Latency
from train.packaging.facts import Facts
from train.packaging.target import Target

_ROW = "| {} |".format


def write(
    facts: Facts, target: Target, size: int, agreement: Agreement, latency: Latency
) -> str:
    """Write the card of a package.

    Parameters
    ----------
    facts : Facts
        What is known of the model.
    target : Target
        The format.
    size : int
        Bytes of the model.
    agreement : Agreement
        How it agrees with the model that it came from.
    latency : Latency
        How long it takes.

    Returns
    -------
    str
        Markdown.
    """
    parts = [
        f"# {_plain(facts.name)}: music tags from sound",
        _what(facts, target, size),
        "## Use\n\n" + _use(facts, target),
        "## Intended use\n\n" + _INTENDED,
        "## Limits\n\n" + _limits(facts, target),
        "## Data\n\n" + _data(facts),
        "## Metrics\n\n" + _metrics(facts),
        "## Tags\n\n" + _tags(facts),
        "## Checked\n\n" + _checked(agreement, latency),
        "## Licence of the weights\n\n" + _licence(facts),
    ]
    return "\n\n".join(parts) + "\n"


_INTENDED = (
    "Sorting, searching and exploring collections of recorded music; a first guess for "
    "people who tag; research on music tagging. Not for decisions about persons, such "
    "as what a musician is paid or who is shown, and not for telling who plays or "
    "whether a recording is somebody's property."
)


def _what(facts: Facts, target: Target, size: int) -> str:
    bundle = facts.bundle
    sizes = ", ".join(
        f"{key} {value}" for key, value in bundle.model.items() if key != "name"
    )
    return (
        f"{counted(len(bundle.tags), 'score')} from 0 to 1, one a tag and independent "
        f"of each other, for a piece of audio of any length. Architecture "
        f"`{bundle.model.get('name', 'unknown')}`"
        f"{f' ({_plain(sizes)})' if sizes else ''}, "
        f"{counted(facts.parameters, 'weight')}, as {examples.NAMES[target]}, "
        f"{size / 1e6:.1f} MB."
    )


def _use(facts: Facts, target: Target) -> str:
    bundle = facts.bundle
    rate, window = bundle.features.sample_rate, bundle.window
    return (
        f"Input `waveform`: float32 of shape (1, samples), {rate:,} Hz, the mean of "
        f"the channels, full scale 1; resample with a good resampler (here: soxr HQ). "
        f"Features, windows of {window.seconds:g} s one after another with one that "
        f"ends at the end, and their mean are part of the model. Outputs: `tags`, "
        f"shape (1, {len(bundle.tags)}), in the order of `model.json`, and `taggram`, "
        f"shape (1, windows, {len(bundle.tags)}), tags over time.\n\n"
        f"```python\n{examples.code(target, rate)}```"
    )


def _limits(facts: Facts, target: Target) -> str:
    window = facts.bundle.window
    filled = "padded" if window.short_clips == "pad" else "repeated"
    lines = [
        "Knows these tags alone; people do not agree on tags, and a score is no fact.",
        "Learned from music; speech, noise and silence get scores, too, which mean "
        "nothing.",
        "Music that its data has little of, by place, time or style, is tagged worse.",
        f"A piece shorter than {window.seconds:g} s is {filled}.",
    ]
    if target is Target.keras:
        lines.append(
            "Takes all windows of a piece as one batch, so that memory grows with its "
            "length; the other formats take one after another."
        )
    if target is Target.onnx:
        lines.append(
            "ONNX has no Fourier transform of real samples: here it is a product with "
            "its matrix, which is slower."
        )
    return "\n".join(f"- {line}" for line in lines)


def _data(facts: Facts) -> str:
    bundle, run = facts.bundle, facts.run
    lines = [
        f"Learned from {_plain(bundle.export)}, label set {_plain(bundle.label_set)}."
    ]
    if bundle.training_set_checksum:
        lines.append(f"Checksum of the training set: {bundle.training_set_checksum}.")
    if bundle.merge:
        groups = "; ".join(", ".join(map(_plain, group)) for group in bundle.merge)
        lines.append(f"Tags that were merged: {groups}.")
    if run is not None:
        software = ", ".join(f"{key} {value}" for key, value in run.software.items())
        lines.append(
            f"Trained from {run.started_at:%Y-%m-%d}, seed {run.seed}, revision "
            f"{run.revision or 'unknown'}, {software}."
        )
    if facts.learned_from:
        lines.append(f"Started from the weights of {_plain(facts.learned_from)}.")
    return "\n".join(lines)


def _metrics(facts: Facts) -> str:
    found = facts.metrics
    if found is None:
        return "Not evaluated here (`python -m train evaluate` does it)."
    lines = [
        f"On {counted(found['tracks'], 'track')} of the {found['split']} split of "
        f"{_plain(found['label_set'])}, mean of {counted(found['windows'], 'window')} "
        "each:",
        "",
        _ROW("| ".join(("", "ROC-AUC ", "PR-AUC"))),
        "|---|---:|---:|",
        _figures("macro (mean over tags)", found["roc_auc"], found["pr_auc"]),
        _figures("micro", found["micro_roc_auc"], found["micro_pr_auc"]),
    ]
    return "\n".join(lines)


def _tags(facts: Facts) -> str:
    areas: dict[str, Any] = {
        entry["tag"]: entry for entry in (facts.metrics or {}).get("tags", [])
    }
    if not areas:
        return ", ".join(map(_plain, facts.bundle.tags))
    rows = [
        _figures(_plain(tag), areas[tag]["roc_auc"], areas[tag]["pr_auc"])
        for tag in facts.bundle.tags
    ]
    return "\n".join(["| tag | ROC-AUC | PR-AUC |", "|---|---:|---:|", *rows])


def _checked(agreement: Agreement, latency: Latency) -> str:
    return (
        f"Compared with the model that it came from on {agreement.clips} pieces of "
        f"different lengths: scores differ by at most {agreement.tags:.1e} (allowed: "
        f"{TOLERANCE:g}), those of single windows by {agreement.taggram:.1e} (allowed: "
        f"{WINDOW_TOLERANCE:g}). On the machine that packaged it, a window takes "
        f"{latency.window:.0f} ms and 30 s of audio {latency.piece:.0f} ms."
    )


def _licence(facts: Facts) -> str:
    if facts.bundle.origin:
        told = _plain(facts.bundle.origin)
        return f"{told[:1].upper()}{told[1:]}."
    if facts.learned_from:
        return (
            f"Not stated. They were learned from {_plain(facts.learned_from)}, whose "
            "licence holds for what is made of them."
        )
    return (
        "Not stated: whoever trained them chooses one, with the licences of the data "
        "in mind."
    )


def _figures(head: str, *values: float | None) -> str:
    shown = ("-" if value is None else f"{value:.3f}" for value in values)
    return _ROW(" | ".join((head, *shown)))


def _plain(text: str) -> str:
    """Escape what Markdown or HTML would take for its own."""
    return re.sub(r"([\\`*_{}\[\]<>#|&~])", r"\\\1", " ".join(text.split()))
