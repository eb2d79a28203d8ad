"""Common given and family names where the six languages are spoken, to know names by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from resilience.responses.identifiers.names import folded_text

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["has_known_name", "looks_like_a_name", "share_of_names"]

_NAMES = (
    # en, and as written by English-speaking offices
    "mary, john, james, david, peter, joseph, elizabeth, grace, faith, mercy, joyce, ann, anne, "
    "jane, paul, daniel, samuel, esther, ruth, sarah, susan, margaret, michael, robert, smith, "
    "johnson, brown, stephen, george, charles, alice, lucy, catherine, rose, agnes, emma, thomas, "
    # fr and Senegal
    "mamadou, fatou, awa, aissatou, ousmane, ibrahima, moussa, cheikh, aminata, mariama, khady, "
    "ndeye, astou, babacar, abdoulaye, modou, pape, papa, omar, oumar, alioune, amadou, coumba, "
    "rokhaya, sokhna, adama, diop, ndiaye, fall, sow, diallo, gueye, faye, sarr, mbaye, cisse, "
    "niang, thiam, seck, dieng, toure, diouf, sene, camara, jean, marie, pierre, jacques, "
    "francois, dupont, martin, bernard, michel, catherine, louise, antoine, sophie, "
    # ar, in both scripts
    "mohammed, mohamed, muhammad, ahmad, ahmed, ali, hassan, hussein, hussain, fatima, fatma, "
    "zeinab, zaynab, mariam, maryam, khaled, khalil, mustafa, ibrahim, youssef, yusuf, omar, "
    "rania, layla, leila, nour, hiba, rana, samir, bilal, elias, georges, tony, charbel, joumana, "
    "khoury, haddad, mansour, saleh, hamdan, محمد, احمد, علي, حسن, حسين, فاطمه, زينب, مريم, خالد, "
    "خليل, مصطفي, ابراهيم, يوسف, عمر, رانيا, ليلي, نور, هبه, سمير, بلال, الياس, جورج, طوني, شربل, "
    "خوري, حداد, منصور, صالح, عبد, عايشه, خديجه, محمود, حسام, كريم, سامي, رامي, هدي, سعاد, سلمي, "
    # mk, in both scripts
    "александар, марија, елена, никола, стефан, иван, ивана, ана, петар, јован, јованка, димитар, "
    "горан, зоран, драган, весна, снежана, билјана, љупчо, љубица, благоја, виктор, филип, "
    "катерина, даниела, кристина, христина, тодор, борис, трајко, владимир, симона, маја, бојан, "
    "aleksandar, marija, elena, nikola, stefan, ivan, ivana, ana, petar, jovan, dimitar, goran, "
    "zoran, dragan, vesna, snezana, biljana, ljupco, filip, katerina, daniela, kristina, bojan, "
    # sq
    "arben, agim, besa, blerim, blerta, drita, driton, fatmir, flutura, ilir, luljeta, mirjeta, "
    "shpresa, valon, valbona, vjosa, xhevdet, ardian, artan, arta, besnik, bujar, edona, fitim, "
    "gezim, hasan, isa, kaltrina, lirije, liridon, merita, naim, nexhat, rrahim, teuta, zana, "
    "dardan, shqipe, hoxha, krasniqi, berisha, gashi, shala, rexhepi, ademi, osmani, "
    # sw and Kenya
    "wanjiku, wambui, njeri, wanjiru, kamau, mwangi, njoroge, kariuki, otieno, odhiambo, ochieng, "
    "onyango, achieng, akinyi, atieno, omondi, owino, wafula, wekesa, nekesa, barasa, kiptoo, "
    "kiprop, chebet, chepkoech, cheruiyot, kipchumba, jepkosgei, mutua, musyoka, mwende, kilonzo, "
    "juma, rehema, mwanaisha, khadija, halima, asha, zainabu, amina, salim, bakari, rashid, "
    "abdi, ahmednoor, hodan, kimani, nyambura, muthoni, waweru, kipkemboi, mwanajuma, neema, "
    "baraka, furaha, subira"
)
_KNOWN = frozenset(folded_text(name) for name in _NAMES.split(","))
_FAMILY = re.compile(
    r"\w{2,}(?:овски|евски|овска|евска|оски|еска|ески|оска|ова|ева|ов|ев)\Z|"
    r"\w{3,}(?:ovski|evski|ovska|evska|oski|eski)\Z"
)
_LETTERS = re.compile(r"[^\W\d_]+(?:[\s.'’-]+[^\W\d_]+){0,4}\.?\Z")
_LONGEST = 48


def looks_like_a_name(text: str) -> bool:
    """Return whether a text could be a name: one to five words of letters, no more."""
    return len(text) <= _LONGEST and bool(_LETTERS.match(text))


def has_known_name(text: str) -> bool:
    """Return whether one of a text's words is a common name or ends as family names do."""
    return any(word in _KNOWN or _FAMILY.match(word) for word in folded_text(text).split())


def share_of_names(texts: Iterable[str]) -> float:
    """Return how many of some texts look like names and have a common one, as a share."""
    told = [looks_like_a_name(text) and has_known_name(text) for text in texts]
    return sum(told) / len(told) if told else 0.0
