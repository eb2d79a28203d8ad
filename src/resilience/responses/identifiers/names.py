"""The words by which columns say that they identify people, in six languages."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "IdentifierKind",
    "folded_text",
    "is_staff",
    "is_weight",
    "kind_by_name",
    "with_plain_digits",
]

IdentifierKind = Literal[
    "person_name",
    "phone",
    "email",
    "national_id",
    "address",
    "coordinates",
    "device",
    "birth_date",
    "media",
    "free_text",
]
"""What of a person a column would tell."""

# A star stands for any ending. Accents, capitals and the Arabic article do not count.
_WORDS: Mapping[IdentifierKind, str] = {
    "email": (
        "email, e mail, mail address, courriel, mel, البريد الالكتروني, بريد الكتروني, ايميل, "
        "е пошта, е маил, имејл*, електронска пошта, posta elektronike, emaili, barua pepe"
    ),
    "phone": (
        "phone*, telephone*, tel, mobile*, cell, cellphone, msisdn, whatsapp, telno, portable, "
        "هاتف*, جوال*, موبايل, تلفون*, محمول, واتساب, телефон*, мобилен, тел, "
        "telefon*, celular*, simu, simu ya mkononi, rununu, phonenumber, devicephonenum"
    ),
    "national_id": (
        "national id*, nationalid, id card, id number, passport*, social security, nin, cin, "
        "cni, carte d identite, piece d identite, numero d identite, passeport, nni, "
        "هويه, رقم الهويه, بطاقه الهويه, رقم وطني, جواز*, سجل القيد, رقم السجل, "
        "ембг, матичен број, лична карта, број на лична карта, пасош*, embg, maticen broj, "
        "licna karta, numri personal, nr personal, leternjoftim*, karte identiteti, pasaport*, "
        "kitambulisho*, namba ya kitambulisho, pasipoti, huduma namba, kra pin"
    ),
    "coordinates": (
        "latitude, longitude, altitude, gps*, geopoint, geolocation, "
        "geotrace, geoshape, coordinate*, coordonnee*, coord, coords, x coord, y coord, "
        "احداثي*, خط العرض, خط الطول, координат*, географска ширина, географска должина, "
        "koordinat*, gjeresi gjeografike, gjatesi gjeografike, latitudo, longitudo, "
        "viwianishi, viwianisho, majira nukta"
    ),
    "device": (
        "deviceid, device id, device, imei, imsi, simid, sim id, simserial, sim serial, "
        "subscriber*, mac address, ip, ip address, ipaddress, android id, username, user name, "
        "instanceid, instance id, uuid, identifiant appareil, appareil, nom d utilisateur, "
        "adresse ip, "
        "معرف الجهاز, جهاز, اسم المستخدم, уред*, корисничко име, pajisj*, kifaa, id ya kifaa"
    ),
    "address": (
        "address, street, house number, home address, adresse*, rue, domicile, "
        "عنوان, شارع, محل الاقامه, адреса, улица, adresa, adrese, rruga, anwani, mtaa"
    ),
    "person_name": (
        "name, names, full name, fullname, first name, firstname, last name, lastname, surname, "
        "family name, given name, nickname, maiden name, nom, noms, prenom*, nom de famille, "
        "surnom, اسم, اسماء, اسم كامل, لقب, اسم عايله, كنيه, име, имиња, презиме*, име и презиме, "
        "ime, prezime, emri, emer, mbiemri, mbiemer, emri i plote, "
        "jina, majina, jina kamili, jina la ukoo"
    ),
    "birth_date": (
        "birth date, date of birth, birthdate, birthday, dob, date de naissance, datenaiss, "
        "تاريخ الميلاد, تاريخ الولاده, датум на раѓање, datum na ragjanje, datelindja, "
        "data e lindjes, tarehe ya kuzaliwa"
    ),
    "media": (
        "photo*, picture, audio*, recording, video, signature*, selfie, image, enregistrement, "
        "صوره, توقيع, تسجيل صوتي, слика, фотографија, потпис, снимка, fotografi*, "
        "nenshkrim*, regjistrim*, picha, saini, sauti"
    ),
    "free_text": (
        "specify, comment*, remark*, note, notes, verbatim, open ended, other text, preciser, "
        "precisez, commentaire*, observations, ملاحظات, حدد, تعليق*, забелешк*, коментар*, "
        "наведете, shenim*, koment*, specifiko, maoni, eleza, taja"
    ),
}
_SHORT = "lat, lon, lng, long"
_ELSEWHERE = (
    "village, ward, town, city, school, party, organisation, organization, file, county, district, "
    "region, site, municipality, hospital, language, ethnic*, tribe, cluster, psu, area, ville, "
    "commune, ecole, parti, quartier, الحزب, المدينه, القريه, партија, град, општина, parti*, "
    "qyteti, komuna, chama, mji, kata, kijiji, variable, form, survey"
)
_WEIGHTS = (
    "w, wt*, wgt*, weight*, *weight, poids*, pond*, тежина, пондер*, pesha, peshe*, uzito, وزن*"
)
_STAFF = (
    "interviewer*, enumerator*, surveyor*, supervisor*, enqueteur*, enquetrice*, enqueteuse*, "
    "superviseur*, باحث*, عداد, مشرف*, анкетар*, супервизор*, anketues*, anketar*, mhojaji, "
    "wahojaji, msimamizi"
)
_ARABIC = str.maketrans("أإآٱىةؤئ", "اااايهوي")
_ARTICLED = 4
_MARKS = re.compile(r"[^\w*]+|_+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def folded_text(text: str) -> str:
    """Return words without accents, capitals, signs and the Arabic article, blanks between."""
    plain = unicodedata.normalize("NFKD", _CAMEL.sub(" ", text).translate(_ARABIC)).casefold()
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = _MARKS.sub(" ", kept).split()
    return " ".join(
        word[2:] if word.startswith("ال") and len(word) > _ARTICLED else word for word in words
    )


def with_plain_digits(text: str) -> str:
    """Return a text with the digits of all scripts as 0 to 9."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.digit(sign)) if sign.isdecimal() and not sign.isascii() else sign
        for sign in unicodedata.normalize("NFKC", text)
    )


def _one_of(words: str) -> re.Pattern[str]:
    parts = [folded_text(word) for word in words.split(",")]
    return re.compile(
        r"\b(?:" + "|".join(re.escape(p).replace(r"\*", r"\w*") for p in parts) + r")\b"
    )


_PATTERNS = {kind: _one_of(words) for kind, words in _WORDS.items()}
_SHORT_PATTERN = _one_of(_SHORT)
_NO_PERSON = _one_of(_ELSEWHERE)
_WEIGHT = _one_of(_WEIGHTS)
_OF_STAFF = _one_of(_STAFF)


def kind_by_name(name: str, label: str = "") -> IdentifierKind | None:
    """Return what a column's name, or else its label, says that it would tell of a person."""
    words = folded_text(name.rsplit("/", 1)[-1])
    if _SHORT_PATTERN.search(words):
        return "coordinates"
    return _kind(words) or _kind(folded_text(label), named=False)


def _kind(words: str, *, named: bool = True) -> IdentifierKind | None:
    """Return what words tell of; labels are questions, whose words do not tell of free text."""
    for kind, pattern in _PATTERNS.items():
        elsewhere = kind == "person_name" and _NO_PERSON.search(words)
        if pattern.search(words) and not elsewhere and (named or kind != "free_text"):
            return kind
    return None


def is_weight(name: str, label: str = "") -> bool:
    """Return whether a column's name or label says that it holds weights."""
    return bool(_WEIGHT.search(folded_text(name)) or _WEIGHT.search(folded_text(label)))


def is_staff(name: str) -> bool:
    """Return whether a column's name says that it tells who made the interviews."""
    return bool(_OF_STAFF.search(folded_text(name.rsplit("/", 1)[-1])))
