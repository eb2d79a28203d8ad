"""The words by which data files say what a code or a column is, in six languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from resilience.responses.identifiers.names import kind_by_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.instrument import MissingReason

__all__ = ["ColumnUse", "column_use", "folded", "missing_reason_of", "reason_of_code"]

ColumnUse = Literal[
    "identifier",
    "respondent_id",
    "weight",
    "psu",
    "stratum",
    "site",
    "interviewer",
    "date",
    "variable",
]
"""What a column seems to be for, beside questions."""

_REASONS: Mapping[MissingReason, str] = {
    "refused": (
        r"refus|will not say|wo n't say|won't say|prefer not|no answer|declined|declines|"
        r"refuse de répondre|ne souhaite pas|préfère ne pas|sans réponse|"
        r"رفض|أفضل عدم|يفضل عدم|دون إجابة|"
        r"одби|не сака да одговори|без одговор|претпочитам да не|"
        r"refuz|nuk dëshiro|pa përgjigje|preferoj të mos|"
        r"amekataa|nimekataa|anakataa|kataa kujibu|sitaki kujibu|hataki kujibu"
    ),
    "never_heard": (
        r"never heard|haven'?t heard of|never dealt|do(es)? not know (them|him|her)|"
        r"jamais entendu|لم أسمع|لم يسمع|никогаш не сум слушнал|"
        r"asnjëherë s?'?k?a? ?dëgjuar|sijawahi kusikia"
    ),
    "dont_know": (
        r"don'?t know|do not know|\bdk\b|not sure|"
        r"can('?t|not| not) (say|choose|determine|remember)|do not understand|"
        r"haven'?t heard enough|undecided|no opinion|"
        r"ne sai[st] pas|\bnsp\b|sans opinion|"
        r"لا أعرف|لا اعرف|لا يعرف|لا أدري|غير متأكد|"
        r"не знам|не знае|неодлуч|nuk e di|nuk e dinë|s'?e di|pa opinion|"
        r"sijui|hajui|sina uhakika"
    ),
    "not_applicable": (
        r"not applic|^n[/.]?a\.?$|inapplicable|does not apply|no experience|^skip|"
        r"sans objet|non applic|ne s'applique|لا ينطبق|غير منطبق|"
        r"не е применливо|не се применува|неприменливо|nuk aplikohet|e pazbatueshme|"
        r"haihusiki|haitumiki"
    ),
    "not_asked": (
        r"not asked|pas posée?|non posée?|لم يُ?سأل|لم تُ?سأل|не е прашан|не е поставено|"
        r"nuk është pyetur|nuk u pyet|haikuulizwa|hakuulizwa"
    ),
    "interrupted": r"interrupt|break ?off|interrompu|انقطع|прекинат|ndërprer|katizwa",
    "system": (
        r"^missing|missing( data| value)?$|no data|manquant|données manquantes|"
        r"مفقود|недостасува|нема податок|mungon|i humbur|haipo|hakuna data"
    ),
}
# In this order: 'haven't heard enough' is a "don't know", 'refused/don't know' a refusal.
_REASON_PATTERNS = {reason: re.compile(words) for reason, words in _REASONS.items()}

# What usual codes mean where a file does not say: proposed, and told as a guess.
_USUAL_CODES: Mapping[int, MissingReason] = {
    -1: "system",
    -2: "dont_know",
    -8: "dont_know",
    -9: "refused",
    -88: "dont_know",
    -98: "dont_know",
    -99: "refused",
    -998: "dont_know",
    -999: "refused",
    97: "not_applicable",
    98: "dont_know",
    99: "refused",
    997: "not_applicable",
    998: "refused",
    999: "dont_know",
    9998: "refused",
    9999: "dont_know",
}

_USES: Mapping[ColumnUse, str] = {
    "respondent_id": (
        r"^(respno|respid|resp_?id|respondent(_?id)?|id|caseid|case_?id|serial|servnum|_id|key|"
        r"unique_?id|interview(_|__)?(id|key)|hhid|x?_uuid|instanceid|uuid|идентификатор|рб|"
        r"idja|kitambulisho|المعرف)$"
    ),
    "weight": (
        r"^(w(ei)?gh?t.*|.*_?weights?|within_?wt.*|combin_?wt|.*_wt|wt\d*|pond.*|poids.*|pesha|"
        r"ponder.*|пондер.*|тежина|وزن.*|uzito)$"
    ),
    "psu": (
        r"^(psu.*|zone|zd|upe|ea|ea_?(no|num|id|code)|cluster.*|grappe.*|dr|segment.*|"
        r"enumeration_?area)$"
    ),
    "stratum": r"^(strat.*|region|province|province_or_region|governorate|mohafaza|county)$",
    "site": r"^(city|site|ville|commune|municipality|town|grad|град|општина|komuna|qyteti|مدينة)$",
    "interviewer": (
        r"^(interviewer.*|enumerator.*|enqu[êe]teur.*|int_?(id|no|code)|анкетар.*|anketues.*)$"
    ),
    "date": r"^(date.*|dateintr|interview_?date|start|end|today|submissiondate|_submission_time)$",
    "variable": (
        r"^(sex|sexe|gender|gjinia|пол|جنس|jinsia|age|age_?(in_)?years|age_?(group|band|cat).*|urbrur|urban.*|"
        r"residence|milieu|education|religion|ethnic.*|nationality|nationalité|language)$"
    ),
}
_USE_PATTERNS = {use: re.compile(words) for use, words in _USES.items()}


def folded(text: str) -> str:
    """Return a label without capitals, needless blanks and a question number in front."""
    plain = " ".join(text.replace("’", "'").split()).casefold()
    return re.sub(r"^(q?\d+[a-z]{0,2}|q[a-z]?\d+\w{0,3})\s*[-.):]\s*", "", plain).strip(" .:?")


def missing_reason_of(label: str) -> MissingReason | None:
    """Return why an answer is missing if its label says so, else None."""
    plain = folded(label)
    for reason, pattern in _REASON_PATTERNS.items():
        if pattern.search(plain):
            return reason
    return None


def reason_of_code(code: float) -> MissingReason | None:
    """Return what a code without a label usually stands for, or None."""
    return _USUAL_CODES.get(int(code)) if float(code).is_integer() else None


def column_use(name: str, label: str = "") -> ColumnUse | None:
    """Return what a column's name, or else its label, says that it is for."""
    plain = name.rsplit("/", 1)[-1].casefold()
    for use, pattern in _USE_PATTERNS.items():
        if pattern.search(plain):
            return use
    if kind_by_name(name, label) not in (None, "free_text"):
        return "identifier"
    if re.search(r"\b(gender|sex) of (the )?respondent|respondent'?s (gender|sex)", folded(label)):
        return "variable"
    return None
