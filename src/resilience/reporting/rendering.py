"""Write a report in its languages and formats: all of its files, or none."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from resilience.errors import Issue, ReportingError, ResilienceWarning, nearest
from resilience.files import write_whole
from resilience.progress import stage
from resilience.reporting.localised import localise
from resilience.reporting.localising import REPORT_LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from resilience.reporting.document import Report
    from resilience.reporting.localised import LocalisedReport

__all__ = ["render"]

_MOST_NAMED = 5


def render(
    report: Report,
    output: str | Path,
    *,
    formats: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
) -> list[Path]:
    """Write a report.

    Parameters
    ----------
    report : Report
        From `build_report`.
    output : str or Path
        A folder; it is made if need be.
    formats : sequence of {'html', 'pdf'}, optional
        By default those of the report's plan.
    languages : sequence of str, optional
        By default those of the report's plan.

    Returns
    -------
    list of Path
        The files: one a language and format.

    Raises
    ------
    ReportingError
        If a format or language is unknown, or a file cannot be written. Then no file changed.

    Warns
    -----
    ResilienceWarning
        If texts of the definitions are not there in a language; they stand in another.

    Examples
    --------
    >>> import resilience as rs
    >>> report = rs.build_report(rs.run_plan("reports/lebanon-donor.yaml"))
    >>> [path.name for path in rs.render(report, "reports/out", formats=["html"])]
    ['lebanon_donor-en.html', 'lebanon_donor-ar.html']
    """
    wanted = list(formats or report.formats)
    spoken = list(languages or report.languages)
    _require_known(wanted, _WRITERS, "format")
    _require_known(spoken, REPORT_LANGUAGES, "language")
    contents: dict[Path, bytes] = {}
    for language in spoken:
        with stage(f"Drawing charts and text ({language})"):
            localised = localise(report, language)
        _warn_untranslated(localised, language)
        for name in wanted:
            with stage(f"Writing {name.upper()} ({language})"):
                path = Path(output) / f"{report.name}-{language}.{name}"
                contents[path] = _WRITERS[name](localised)
    write_whole(contents)
    return list(contents)


def _html(report: LocalisedReport) -> bytes:
    from resilience.reporting.html import write_html  # noqa: PLC0415 - only if asked for

    return write_html(report)


def _pdf(report: LocalisedReport) -> bytes:
    from resilience.reporting.pdf import write_pdf  # noqa: PLC0415 - only if asked for

    return write_pdf(report)


_WRITERS: Mapping[str, Callable[[LocalisedReport], bytes]] = {"html": _html, "pdf": _pdf}


def _require_known(asked: Sequence[str], known: Mapping[str, object], noun: str) -> None:
    issues = [
        Issue(
            f"reports cannot be written in this {noun}",
            where=f"{noun}s of the report",
            found=name,
            expected="one of " + ", ".join(known),
            remedy=nearest(name, known, "choose one of them"),
        )
        for name in asked
        if name not in known
    ]
    if issues:
        raise ReportingError(*issues)


def _warn_untranslated(localised: LocalisedReport, language: str) -> None:
    missing = localised.untranslated
    if missing:
        first = "; ".join(f"'{text}'" for text in missing[:_MOST_NAMED])
        more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
        warnings.warn(
            f"{len(missing)} texts have no '{language}' and stand in another language. Write an "
            f"instrument's in translations/{language}.yaml beside it, others as "
            f"{{en: …, {language}: …}} where they stand. They are: {first}{more}",
            ResilienceWarning,
            stacklevel=3,
        )
