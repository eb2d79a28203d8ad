"""What the programme did and what else happened, between which waves: for a contribution story."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from resilience.definitions.assignment import Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.definitions.study import Activity, Study, Wave

__all__ = ["Contribution", "contribution_of", "exposure_months"]

_DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Contribution:
    """A record of activities and events against waves. Made by `rs.contribution_of`.

    Attributes
    ----------
    timeline : pandas.DataFrame
        `kind id title start end sites periods`: waves, activities and events by date; `periods`
        are the stretches between waves in which it took place.
    rivals : pandas.DataFrame
        `event title site role wave reference`: each event that falls at a place between two
        waves, so that it may explain the change there as well as the programme may.
    series : pandas.DataFrame
        `event title site role reference wave months before between`: what is counted by month,
        in the months from one wave to the next and in as many months before; NaN where a month
        is not known. Context only: it explains nothing by itself. The site is empty for counts
        of everywhere.
    """

    timeline: pd.DataFrame
    rivals: pd.DataFrame
    series: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the timeline."""
        return self.timeline.copy()

    def rivals_of(self, site: str, *, reference: str, wave: str) -> tuple[str, ...]:
        """Return the titles of events that are rival explanations of a change in a place.

        Parameters
        ----------
        site : str
        reference, wave : str
            Between which waves.
        """
        waves = list(self.timeline.loc[self.timeline["kind"] == "wave", "id"])
        here = self.rivals[self.rivals["site"] == site]
        within = [
            waves.index(one) >= waves.index(reference) and waves.index(other) <= waves.index(wave)
            for one, other in zip(here["reference"], here["wave"], strict=True)
        ]
        return tuple(dict.fromkeys(here.loc[within, "title"]))

    def __repr__(self) -> str:
        """Return the timeline as it prints in a terminal."""
        return str(self.timeline.to_string(index=False))

    def _repr_html_(self) -> str:
        told = f"{len(self.rivals)} rival explanations by place and period"
        return str(self.timeline.to_html(index=False, border=0)) + f"<p>{escape(told)}</p>"


def contribution_of(study: Study, *, language: str | None = None) -> Contribution:
    """Return what a study declares of its programme and of other events, against its waves.

    Parameters
    ----------
    study : Study
        Waves without fieldwork dates have no place in time and make no periods.
    language : str, optional
        Of titles; by default the study's.

    Returns
    -------
    Contribution

    Examples
    --------
    >>> import resilience as rs
    >>> story = rs.contribution_of(rs.load_study("surveys/lebanon"))
    >>> story.rivals_of("plain_city", reference="midline", wave="endline")
    ('Local elections', 'Closure of bank branches')
    """
    tongue = language or study.language
    dated = [wave for wave in study.waves if wave.fieldwork is not None]
    rows: list[dict[str, object]] = [
        {
            "kind": "wave",
            "id": wave.id,
            "title": _title(wave.title, tongue),
            "start": wave.fieldwork.start,
            "end": wave.fieldwork.end,
            "sites": "",
            "periods": "",
        }
        for wave in dated
        if wave.fieldwork
    ]
    things: list[tuple[str, Activity | Event]] = [("activity", part) for part in study.activities]
    things += [("event", part) for part in study.events]
    for kind, thing in things:
        periods = _periods(thing, dated)
        rows.append(
            {
                "kind": kind,
                "id": thing.id,
                "title": _title(thing.title, tongue),
                "start": thing.start,
                "end": thing.end,
                "sites": ", ".join(thing.sites),
                "periods": "; ".join(f"{one.id} to {other.id}" for one, other in periods),
            }
        )
    names = ["kind", "id", "title", "start", "end", "sites", "periods"]
    timeline = pd.DataFrame(rows, columns=names).sort_values("start", kind="stable")
    rivals, series = _rivals(study, dated, tongue), _series(study, dated, tongue)
    return Contribution(timeline.reset_index(drop=True), rivals, series)


def exposure_months(study: Study) -> dict[str, dict[str, float]]:
    """Return months of exposure to the programme's activities by site and wave.

    Months before a wave's fieldwork began in which at least one activity ran at the site; an
    activity without an end still runs. Waves without dates have none.

    Parameters
    ----------
    study : Study

    Returns
    -------
    dict
        By site, then by wave: what `dose` of `rs.estimate_impact` takes.

    Examples
    --------
    >>> import resilience as rs
    >>> months = rs.exposure_months(rs.load_study("surveys/lebanon"))
    >>> {wave: round(dose, 1) for wave, dose in months["port_city"].items()}
    {'baseline': 0.0, 'midline': 9.0, 'endline': 21.0}
    """
    return {
        site.id: {
            wave.id: _active_days(study.activities, site.id, wave.fieldwork.start) / _DAYS_A_MONTH
            for wave in study.waves
            if wave.fieldwork is not None
        }
        for site in study.sites
    }


def _active_days(activities: Sequence[Activity], site: str, until: dt.date) -> float:
    spans = sorted(
        (part.start, min(part.end or until, until))
        for part in activities
        if site in part.sites and part.start < until
    )
    days, reached = 0, None
    for start, end in spans:
        begin = start if reached is None else max(start, reached)
        days += max(0, (end - begin).days)
        reached = end if reached is None else max(reached, end)
    return float(days)


def _periods(thing: Activity | Event, dated: Sequence[Wave]) -> list[tuple[Wave, Wave]]:
    """Return the pairs of consecutive waves between whose fieldworks something took place.

    What falls into a fieldwork belongs to the period before and to the one after.
    """
    found = []
    for one, other in itertools.pairwise(dated):
        if one.fieldwork is None or other.fieldwork is None:
            continue
        ended = thing.end if thing.end is not None else _assumed_end(thing)
        begins_before = thing.start <= other.fieldwork.end
        lasts_beyond = ended is None or ended >= one.fieldwork.start
        if begins_before and lasts_beyond:
            found.append((one, other))
    return found


def _assumed_end(thing: Activity | Event) -> dt.date | None:
    """Return when something without an end ended: events the same day, activities never.

    What is counted by month lasts as long as it is counted.
    """
    if not isinstance(thing, Event):
        return None
    months = [dt.date.fromisoformat(f"{part.month}-01") for part in thing.series]
    return max([thing.start, *months])


def _rivals(study: Study, dated: Sequence[Wave], language: str) -> pd.DataFrame:
    rows = []
    for event in (part for part in study.events if not part.series):
        for one, other in _periods(event, dated):
            for site in study.sites:
                if not event.sites or site.id in event.sites:
                    told = {"event": event.id, "title": _title(event.title, language)}
                    place = {"site": site.id, "role": site.role}
                    rows.append({**told, **place, "wave": other.id, "reference": one.id})
    return pd.DataFrame(rows, columns=["event", "title", "site", "role", "wave", "reference"])


_SERIES = [
    *("event", "title", "site", "role", "reference", "wave"),
    *("months", "before", "between"),
]


def _series(study: Study, dated: Sequence[Wave], language: str) -> pd.DataFrame:
    """Return counts between waves, and in as many months before, by event, place and period."""
    role = {site.id: site.role for site in study.sites}
    rows = []
    for event in study.events:
        for site in dict.fromkeys(part.site for part in event.series):
            counts = {_month(part.month): part.count for part in event.series if part.site == site}
            for one, other in itertools.pairwise(dated):
                if one.fieldwork is None or other.fieldwork is None:
                    continue
                start, end = _month(str(one.fieldwork.start)), _month(str(other.fieldwork.start))
                told = (event.id, _title(event.title, language), site or "", role.get(site or ""))
                before = _sum_of(counts, 2 * start - end, start)
                between = _sum_of(counts, start, end)
                rows.append((*told, one.id, other.id, end - start, before, between))
    return pd.DataFrame(rows, columns=_SERIES)


def _month(date: str) -> int:
    """Return the number of a month; the date may have a day."""
    year, month = date.split("-")[:2]
    return 12 * int(year) + int(month)


def _sum_of(counts: Mapping[int, float], start: int, end: int) -> float:
    """Return the sum from a month up to another, without that; NaN where one is not known."""
    return sum(counts.get(month, float("nan")) for month in range(start, end))


def _title(text: Mapping[str, str], language: str) -> str:
    return str(text.get(language) or next(iter(text.values())))
