"""A file for everybody: coarser, without ids, refused where respondents could be recognised."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from resilience.disclosure.recoding import recode_responses
from resilience.disclosure.risk import disclosure_risk
from resilience.errors import DisclosureError, Issue
from resilience.workflow.exporting import write_responses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from resilience.definitions.policy import PublicFile
    from resilience.disclosure.recoding import Recoding
    from resilience.disclosure.risk import DisclosureRisk
    from resilience.responses.responses import Responses

__all__ = ["public_responses", "smallest_recoding", "write_public_file"]

_WEIGHT_GROUPS = 10
_MOST_TRIED = 20_000


def write_public_file(
    responses: Responses,
    path: str | Path,
    *,
    seed: int | None = None,
    language: str | None = None,
) -> DisclosureRisk:
    """Write what everybody may have of a study, or refuse and name what would be safe.

    Parameters
    ----------
    responses : Responses
        From `load_responses` of a study with `public`.
    path : str or Path
        As for `write_responses`.
    seed : int, optional
        For the order of the rows; by default of nobody's knowledge. Whoever knows the seed and
        the file that was read could undo it: keep it as private as the file.
    language : str, optional
        The language of labels; the study's by default.

    Returns
    -------
    DisclosureRisk
        Of what was written.

    Raises
    ------
    DisclosureError
        If the study says nothing of a public file, or respondents could be recognised in it:
        the error names the smallest recoding that would pass.
    ReportingError
        As `write_responses` does.

    Examples
    --------
    >>> import tempfile
    >>> import resilience as rs
    >>> from resilience.definitions.policy import PublicFile
    >>> study = rs.load_study("surveys/lebanon/study.yaml")
    >>> public = PublicFile(quasi_identifiers=("site", "sex"), items=("bel1", "bel2"))
    >>> responses = rs.load_responses(study.model_copy(update={"public": public}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rs.write_public_file(responses, f"{folder}/public.csv").k
    181
    """
    written = public_responses(responses, seed=seed)
    write_responses(written, path, language=language)
    return _risk(written, _declared(responses))


def public_responses(responses: Responses, *, seed: int | None = None) -> Responses:
    """Return what a public file holds, or refuse as `write_public_file` does.

    Parameters
    ----------
    responses : Responses
    seed : int, optional
        For the order of the rows.
    """
    public = _declared(responses)
    recoded = recode_responses(responses, public, public.recode)
    faults = _faults(_risk(recoded, public), public)
    if faults:
        raise _refusal(responses, faults)
    kept = [name for name in recoded.frame if name in _columns(recoded, public)]
    frame = recoded.frame[kept]
    order = np.random.default_rng(seed).permutation(len(frame))
    if "weight" in frame:
        frame = frame.assign(weight=_shared_weights(frame, public.k))
    frame = frame.iloc[order].reset_index(drop=True)
    frame.insert(0, "respondent_id", np.arange(1, len(frame) + 1))
    items = [item for item in recoded.reasons if item in kept]
    reasons = recoded.reasons[items].iloc[order].reset_index(drop=True)
    return replace(recoded, frame=frame, reasons=reasons, measures={})


def smallest_recoding(responses: Responses) -> Recoding | None:
    """Return the smallest declared recoding with which a study's public file is safe.

    Tried are all combinations of the declared steps: first those that leave fewest variables
    out, of these those of fewest steps, of these those that keep most groups apart.

    Parameters
    ----------
    responses : Responses

    Returns
    -------
    mapping of quasi-identifier to step, or None where none would do
    """
    public = _declared(responses)
    best: tuple[int, Recoding] | None = None
    cost: tuple[int, int] | None = None
    for at, (price, recoding) in enumerate(_recodings(public)):
        if (best is not None and price != cost) or at >= _MOST_TRIED:
            break
        risk = _risk(recode_responses(responses, public, recoding), public)
        if not _faults(risk, public) and (best is None or risk.classes > best[0]):
            best, cost = (risk.classes, recoding), price
    return best[1] if best else None


def _recodings(public: PublicFile) -> Iterator[tuple[tuple[int, int], Recoding]]:
    """Return all recodings with what they cost, the cheapest first; none is finer than asked."""
    ladders = {
        name: [*range(name in public.bands, public.steps(name) + 1), "left_out"]
        for name in public.quasi_identifiers
    }
    found = []
    for steps in itertools.islice(itertools.product(*ladders.values()), 50 * _MOST_TRIED):
        out = steps.count("left_out")
        price = (out, sum(step for step in steps if isinstance(step, int)))
        told = {name: step for name, step in zip(ladders, steps, strict=True) if step != 0}
        found.append((price, told))
    return iter(sorted(found, key=lambda part: part[0]))


def _declared(responses: Responses) -> PublicFile:
    public = responses.study.public
    if public is None:
        raise DisclosureError(
            Issue(
                "the study does not say what a public file may hold",
                where=str(responses.study.path.name),
                found="no 'public'",
                expected="by what somebody could be recognised, and what is sensitive",
                remedy="add 'public: {quasi_identifiers: [site, sex, …], sensitive: […]}'",
            )
        )
    return public


def _columns(responses: Responses, public: PublicFile) -> set[str]:
    """Return the columns that a public file holds."""
    items = list(responses.reasons) if public.items is None else list(public.items)
    variables = (*public.quasi_identifiers, *public.variables, *public.sensitive)
    return {"wave", "weight", *variables, *map(str, items)}


def _risk(responses: Responses, public: PublicFile) -> DisclosureRisk:
    frame = responses.frame
    return disclosure_risk(
        responses,
        [name for name in public.quasi_identifiers if name in frame],
        sensitive=[name for name in public.sensitive if name in frame],
        population=public.population,
    )


def _faults(risk: DisclosureRisk, public: PublicFile) -> list[tuple[str, str, str]]:
    """Return what is not safe: what it is, what was found and what was expected."""
    faults = []
    if risk.k < public.k:
        few = f"k = {risk.k}"
        faults.append(("some look like too few others", few, f"k of {public.k} or more"))
    if not risk.global_risk < public.risk:
        faults.append(
            (
                "the mean chance of being recognised is too high",
                f"{100 * risk.global_risk:.2f} %"
                + ("" if risk.population_known else ", the sample taken as the population"),
                f"less than {100 * public.risk:g} %",
            )
        )
    faults += [
        (
            f"some who look alike all say the same of '{name}'",
            f"{found} answers",
            f"{public.diversity} or more",
        )
        for name, found in risk.diversity.items()
        if found < public.diversity
    ]
    return faults


def _refusal(responses: Responses, faults: list[tuple[str, str, str]]) -> DisclosureError:
    best = smallest_recoding(responses)
    where = f"{responses.study.path.name}: public"
    if best is None:
        remedy = "no declared recoding would do: declare coarser ones, or say the 'population'"
    else:
        told = ", ".join(f"{name}: {step}" for name, step in best.items())
        remedy = f"the smallest recoding that passes: write 'recode: {{{told}}}'"
    return DisclosureError(
        *(Issue(what, where, found, expected, remedy) for what, found, expected in faults)
    )


def _shared_weights(frame: pd.DataFrame, k: int) -> np.ndarray:
    """Return weights of which each is the mean of many; their sums by wave stay what they are.

    Exact weights tell strata and households. Each wave's are put in order and in ten groups of
    equal size, or fewer that k respondents share.
    """
    weights = frame["weight"].to_numpy(np.float64).copy()
    for rows in _rows_of_waves(frame).values():
        order = rows[np.argsort(weights[rows], kind="stable")]
        groups = max(1, min(_WEIGHT_GROUPS, len(order) // k))
        for part in np.array_split(order, groups):
            weights[part] = weights[part].mean()
    return weights


def _rows_of_waves(frame: pd.DataFrame) -> Mapping[str, np.ndarray]:
    waves = frame["wave"].astype("str").to_numpy()
    return {wave: np.flatnonzero(waves == wave) for wave in dict.fromkeys(waves)}
