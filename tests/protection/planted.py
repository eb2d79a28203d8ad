"""Columns that identify people, and columns that do not: all values are simulated."""

from __future__ import annotations

import random
import uuid

import numpy as np
import pandas as pd

ROWS = 120

# Names that the scanner's own list does not all have: it has to know them by enough of them.
GIVEN = {
    "en": "Mary John Grace Oliver Peter Hannah Samuel Esther Dennis Ruth Victor Joyce",
    "fr": "Mamadou Fatou Yacine Ousmane Bineta Cheikh Awa Lamine Khady Moussa Oulimata Pape",
    "ar": "محمد فاطمة علي زينب خالد وسام مريم حسن نادين يوسف غسان ليلى",
    "mk": "Марија Никола Весна Горан Драган Ивана Ристе Снежана Петар Благица Елена Митко",
    "sq": "Arben Drita Ilir Blerta Agim Valbona Skënder Teuta Besnik Luljeta Ardita Fatmir",
    "sw": "Wanjiku Otieno Achieng Kamau Rehema Juma Makena Njeri Chebet Mutua Zawadi Asha",
}
FAMILY = {
    "en": "Miller Walker Stone Baker Green Hughes Carter Young Price Wood Cole Hill",
    "fr": "Diop Ndiaye Fall Badji Sarr Gueye Coly Faye Manga Seck Sagna Thiam",
    "ar": "خوري حداد منصور صالح عون شمعون درويش نصار بيطار فرحات قاسم زين",
    "mk": "Петровски Илиева Стојанов Николовска Трајков Јованова Костов Ристова Попов Митева",
    "sq": "Hoxha Krasniqi Berisha Gashi Shala Kelmendi Bytyqi Zeqiri Morina Thaçi",
    "sw": "Mwangi Ochieng Kiptoo Wafula Njoroge Cheruiyot Musyoka Barasa Onyango Kimani",
}
OTHER_TEXTS = {
    "en": "the water was cut off again and nobody came {n}",
    "fr": "la mairie ne répond pas depuis {n} mois au quartier",
    "ar": "لم تأت البلدية منذ {n} أشهر إلى الحي",
    "mk": "општината не одговара веќе {n} месеци на нашите барања",
    "sq": "komuna nuk përgjigjet prej {n} muajsh në lagjen tonë",
    "sw": "maji hayajafika mtaani kwetu kwa miezi {n} sasa",
}
ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choice("0123456789") for _ in range(count))


def embg(draw: random.Random) -> str:
    """Return a number with the check digit of an EMBG."""
    year = draw.randint(940, 999)
    begun = f"{draw.randint(1, 28):02d}{draw.randint(1, 12):02d}{year:03d}45{digits(draw, 3)}"
    weights = (7, 6, 5, 4, 3, 2) * 2
    check = 11 - sum(int(d) * w for d, w in zip(begun, weights, strict=True)) % 11
    return begun + str(0 if check > 9 else check)


def imei(draw: random.Random) -> str:
    begun = "35" + digits(draw, 12)
    doubled = [int(d) * (2 if at % 2 else 1) for at, d in enumerate(begun)]
    return begun + str(-sum(d // 10 + d % 10 for d in doubled) % 10)


def persons(language: str, draw: random.Random) -> list[str]:
    given, family = GIVEN[language].split(), FAMILY[language].split()
    return [f"{draw.choice(given)} {draw.choice(family)}" for _ in range(ROWS)]


def planted() -> dict[str, tuple[str, list[object]]]:
    """Return columns that identify people: what each holds, and its simulated values."""
    draw = random.Random(20270310)  # noqa: S311 - simulated values

    def made(one):
        return [one() for _ in range(ROWS)]

    columns: dict[str, tuple[str, list[object]]] = {}
    by_name = {
        "en": "respondent_name", "fr": "nom_et_prenom", "ar": "الاسم", "mk": "Име и презиме",
        "sq": "emri_mbiemri", "sw": "jina_kamili",
    }  # fmt: skip
    for language, column in by_name.items():
        columns[column] = ("person_name", persons(language, draw))
        columns[f"v_{language}_1"] = ("person_name", persons(language, draw))
        texts = [OTHER_TEXTS[language].format(n=draw.randint(2, 10_000)) for _ in range(ROWS)]
        columns[f"q_{language}_other"] = ("free_text", texts)
    phones = {
        "telefon_mk": lambda: f"07{draw.choice('01256')} {digits(draw, 3)} {digits(draw, 3)}",
        "телефон": lambda: f"+389 7{draw.choice('01256')} {digits(draw, 3)} {digits(draw, 3)}",
        "numero_tel": lambda: f"7{draw.choice('05678')} {digits(draw, 3)} {digits(draw, 4)}",
        "contact_sn": lambda: f"00221 7{draw.choice('678')} {digits(draw, 7)}",
        "رقم الهاتف": lambda: (
            f"{draw.choice(['03', '70', '71', '76'])}/{digits(draw, 6)}".translate(ARABIC_DIGITS)
        ),
        "q77": lambda: f"+961-{draw.choice(['3', '70', '81'])}-{digits(draw, 6)}",
        "namba_ya_simu": lambda: f"07{draw.choice('0129')}{digits(draw, 7)}",
        "v12": lambda: f"+254 7{draw.choice('0129')}{digits(draw, 7)}",
    }
    columns |= {name: ("phone", made(one)) for name, one in phones.items()}
    columns["v13"] = ("phone", made(lambda: float(f"7{draw.choice('0129')}{digits(draw, 7)}")))
    columns["numri_i_telefonit"] = ("phone", made(lambda: float(f"4{digits(draw, 7)}")))
    columns["courriel"] = ("email", made(lambda: f"p{digits(draw, 5)}@exemple.sn"))
    columns["q20_other"] = ("email", ["", *[""] * (ROWS - 3), "ask x@example.org", ""])
    ids = {
        "ембг": lambda: embg(draw),
        "col7": lambda: embg(draw),
        "col8": lambda: float(embg(draw)),
        "numero_cni": lambda: (
            f"{draw.choice('12')} {digits(draw, 3)} 19{digits(draw, 2)} {digits(draw, 5)}"
        ),
        "col9": lambda: f"{draw.choice('12')}{digits(draw, 3)}19{digits(draw, 2)}{digits(draw, 5)}",
        "رقم الهوية": lambda: f"0000{draw.randint(1, 9)}{digits(draw, 7)}",
        "col10": lambda: float(f"{draw.choice('123')}{digits(draw, 7)}"),
        "kitambulisho_cha_taifa": lambda: f"{draw.choice('123')}{digits(draw, 7)}",
        "nr_personal": lambda: (
            f"{draw.choice('JKL')}{digits(draw, 1)}{draw.choice('05')}{draw.randint(1, 9)}"
            f"{draw.choice('012')}{draw.randint(1, 9)}{digits(draw, 3)}{draw.choice('ABCW')}"
        ),
    }
    columns |= {name: ("national_id", made(one)) for name, one in ids.items()}
    places = {
        "_gps_latitude": lambda: round(draw.uniform(41.9, 42.1), 6),
        "x1": lambda: round(draw.uniform(21.3, 21.6), 6),
        "y1": lambda: round(draw.uniform(33.8, 33.95), 6),
        "widerness": lambda: round(draw.uniform(-17.5, -17.2), 6),
        "خط العرض": lambda: round(draw.uniform(33.8, 33.95), 5),
        "географска ширина": lambda: str(round(draw.uniform(41.9, 42.1), 5)),
        "point": lambda: f"{draw.uniform(-1.4, -1.2):.6f} {draw.uniform(36.7, 37):.6f} 1600 4.9",
        "where": lambda: f"41°{draw.randint(10, 59)}'{draw.randint(10, 59)}\"N",
    }
    columns |= {name: ("coordinates", made(one)) for name, one in places.items()}
    devices = {
        "deviceid": lambda: f"collect:{digits(draw, 4)}Ab{digits(draw, 6)}",
        "imei_no": lambda: imei(draw),
        "col11": lambda: float(imei(draw)),
        "col12": lambda: ":".join(f"{draw.randint(0, 255):02x}" for _ in range(6)),
        "col13": lambda: f"41.{draw.randint(0, 255)}.{draw.randint(0, 255)}.{draw.randint(1, 255)}",
        "instanceID": lambda: f"uuid:{uuid.UUID(int=draw.getrandbits(128))}",
        "simserial": lambda: f"8938{digits(draw, 15)}",
    }
    columns |= {name: ("device", made(one)) for name, one in devices.items()}
    columns["adresa"] = (
        "address",
        made(lambda: f"ул. Партизанска {digits(draw, 2)}-{digits(draw, 3)}"),
    )
    columns["rruga"] = ("address", made(lambda: f"Rruga e Kavajës {digits(draw, 4)}"))
    columns["anwani"] = (
        "address",
        made(lambda: f"Mtaa wa {draw.choice('ABC')}, nyumba {digits(draw, 4)}"),
    )
    columns["date_de_naissance"] = (
        "birth_date",
        made(
            lambda: f"19{draw.randint(40, 99)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
        ),
    )
    columns["picha_ya_kaya"] = ("media", made(lambda: f"17{digits(draw, 8)}.jpg"))
    return columns


def clean() -> dict[str, list[object]]:
    """Return what surveys hold beside items: numbers, answers in words, codes of places."""
    rng = np.random.default_rng(20270311)
    rows = np.arange(ROWS)
    columns = {
        "weight": rng.gamma(2, 0.5, ROWS).round(6),
        "poids": rng.uniform(35, 41, ROWS).round(6),
        "wt2": rng.uniform(12.4, 16, ROWS).round(6),
        "psu": 101_000 + rows // 10,
        "cluster": 70_000_000 + 1_000 * (rows // 12) + 7,
        "zd": [f"KEN-{k // 8:04d}" for k in rows],
        "id": [f"baseline-{k:05d}" for k in rows],
        "respno": [f"KEN{k:04d}" for k in rows],
        "panel_no": 70_120_000 + rows,
        "panel_key": 10_000_000 * (1 + rows % 4) + 10_100 * (rows // 12) + rows % 12,
        "hhid": [f"{k % 4 + 1}-{k // 12:02d}-{k % 12:02d}" for k in rows],
        "serial": rows + 1,
        "_id": 132_000_000 + np.cumsum(rng.integers(1, 900, ROWS)),
        "age": rng.integers(18, 90, ROWS),
        "income": rng.integers(1, 400, ROWS) * 50_000,
        "rent": rng.integers(10, 90, ROWS) * 1_000,
        "household_size": rng.integers(1, 12, ROWS),
        "year_of_birth": rng.integers(1940, 2007, ROWS),
        "minutes": rng.gamma(9, 4, ROWS).round(2),
        "score": rng.uniform(0, 100, ROWS).round(4),
        "thermometer": rng.integers(0, 101, ROWS),
        "date": [f"2026-03-{1 + k % 28:02d}" for k in rows],
        "start": [
            f"2026-03-{1 + k % 28:02d}T{8 + k % 9:02d}:{k % 60:02d}:00.000+03:00" for k in rows
        ],
        "today": 20_260_301 + rows % 28,
        "duration": rng.integers(900, 4_000, ROWS),
        "city": rng.choice(["Port City", "Hill City", "River City"], ROWS),
        "ville": rng.choice(["Ville du Port", "Ville de la Colline"], ROWS),
        "مدينة": rng.choice(["مدينة المرفأ", "مدينة التلة"], ROWS),
        "општина": rng.choice(["Горна Населба", "Долна Населба"], ROWS),
        "enumerator": rng.choice([f"E{k:02d}" for k in range(12)], ROWS),
        "form_version": rng.choice(["vK3x", "vK4y"], ROWS),
        "phone_owner": rng.choice([0, 1], ROWS),
        "mobile_use": rng.choice(["Every day", "Sometimes", "Never"], ROWS),
        "email_use": rng.integers(0, 5, ROWS),
        "telephone": rng.choice(["oui", "non"], ROWS),
        "name_of_party": rng.choice(["A", "B", "C"], ROWS),
        "jina_la_chama": rng.choice(["Chama A", "Chama B"], ROWS),
        "adresse_connue": rng.integers(1, 3, ROWS),
        "device_type": rng.choice(["tablet", "phone"], ROWS),
        "gps_ok": rng.choice([0, 1], ROWS),
    }
    return {name: list(values) for name, values in columns.items()}


def frame_of(columns: dict[str, list[object]]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(values) for name, values in columns.items()})
