"""How many have a score, and why the others' answers are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from resilience.definitions.instrument import MISSING_REASONS
from resilience.responses.coding import REASON_CODES

if TYPE_CHECKING:
    from resilience.responses.responses import Responses

__all__ = ["score_coverage"]


_TOLD = ("wave", "variable", "items", "n", "n_scored", "share_scored", "answered")


def score_coverage(scored: Responses) -> pd.DataFrame:
    """Return for each wave and score how many have it and why answers are missing.

    Show it beside every score: refusals are results, and a rule that drops many respondents
    changes what a mean means.

    Parameters
    ----------
    scored : Responses
        From `score`.

    Returns
    -------
    pandas.DataFrame
        Columns `wave variable items n n_scored share_scored answered` and one for each reason
        for missing answers. Shares of the sample, not weighted; `answered` and the reasons are
        shares of the answers to the score's items that the wave asked.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/lebanon/study.yaml")
    >>> rs.score_coverage(rs.score(rs.load_responses(study))).columns[:4].tolist()
    ['wave', 'variable', 'items', 'n']
    """
    rows = []
    wave_of_row = scored.frame["wave"].to_numpy()
    for measure in scored.measures.values():
        if measure.kind == "item":
            continue
        for wave, signature in measure.signatures.items():
            here = wave_of_row == wave
            reasons = scored.reasons.loc[here, list(signature.items)].to_numpy()
            n_scored = int(scored.frame.loc[here, measure.name].notna().sum())
            told = {
                "wave": wave,
                "variable": measure.name,
                "items": len(signature.items),
                "n": int(here.sum()),
                "n_scored": n_scored,
                "share_scored": n_scored / max(1, int(here.sum())),
                "answered": float((reasons == 0).mean()),
            }
            shares = {
                reason: float((reasons == REASON_CODES[reason]).mean())
                for reason in MISSING_REASONS
            }
            rows.append(told | shares)
    return pd.DataFrame(rows, columns=[*_TOLD, *MISSING_REASONS])
