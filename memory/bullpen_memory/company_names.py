"""What large companies are called besides their name: tickers, short forms, former names.

The rule it protects: a short name stands for one company; what may be an ordinary word or stand for
several is left out. It holds names only; `catalogue.py` decides what a question names.
"""

from __future__ import annotations

import functools

# A name as titles join it up, then what people say for it. In capitals: only when so written.
_NAMES = """
3m: MMM, minnesotamining, 3mco
abbott: ABT, abbottlaboratories
abbvie: ABBV
activisionblizzard: ATVI, activision
adobe: ADBE, adobesystems
alphabet: GOOGL, GOOG, google
amazon: AMZN, amazoncom
amcor: AMCR
amd: advancedmicrodevices
americanairlines: AAL
americanexpress: AXP, amex
americaninternationalgroup: AIG
americanwaterworks: AWK, americanwater
apple: AAPL
att: ATT
bankofamerica: BAC, bofa
berkshirehathaway: BRK, berkshire
bestbuy: BBY
block: SQ, squareinc
bristolmyerssquibb: BMY, bristolmyers
chevron: CVX
ciscosystems: CSCO, cisco
citigroup: citi
cocacola: KO, coke
colgatepalmolive: colgate
comcast: CMCSA
conocophillips: COP
corning: GLW
costco: COST, costcowholesale
cvshealth: CVS
deltaairlines: DAL
disney: DIS, waltdisney
dominionenergy: dominion
dupontdenemours: dupont
elililly: LLY, lilly
exxonmobil: XOM, exxon
fedex: FDX
fordmotor: ford
generaldynamics: GD
generalelectric: GE
generalmills: GIS
generalmotors: GM
gileadsciences: GILD, gilead
goldmansachs: GS, goldman
hersheys: HSY, hershey, thehersheycompany
hewlettpackard: HPQ, hpinc
homedepot: HD
honeywell: HON
intel: INTC
internationalbusinessmachines: IBM
johnsonjohnson: JNJ, jnj, jj, johnsonandjohnson
jpmorgan: JPM, jpmorganchase
kraftheinz: KHC
kroger: KR
lockheedmartin: LMT, lockheed
lowes: lowescompanies
lululemon: LULU
marriottinternational: marriott
mcdonalds: MCD
merck: MRK
meta: facebook, metaplatforms
mgmresorts: mgmresortsinternational
micron: MU, microntechnology
microsoft: MSFT
mondelez: MDLZ, mondelezinternational
netflix: NFLX
nike: NKE
northropgrumman: northrop
nvidia: NVDA
occidentalpetroleum: OXY, occidental
oracle: ORCL
paypal: PYPL
pepsico: PEP, pepsi
pfizer: PFE
philipmorris: philipmorrisinternational
proctergamble: PG, pg, procterandgamble
qualcomm: QCOM
raytheontechnologies: RTX, raytheon
salesforce: salesforcecom
southwestairlines: LUV
starbucks: SBUX
target: TGT
tesla: TSLA, teslamotors
texasinstruments: TXN
tmobile: TMUS
twitter: TWTR
ultabeauty: ulta
unionpacific: UNP
unitedairlines: UAL
unitedhealth: UNH, unitedhealthgroup
unitedparcelservice: UPS
usbancorp: USB
verizon: VZ, verizoncommunications
walgreensbootsalliance: WBA, walgreens
walmart: WMT, walmartstores
wellsfargo: WFC
"""


@functools.cache
def _said() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _NAMES.strip().splitlines():
        name, others = line.split(": ", 1)
        for other in others.split(", "):
            found.setdefault(other, set()).add(name)
    return {other: frozenset(names) for other, names in found.items()}


def meant(word: str, *, capitals: bool) -> frozenset[str]:
    """The names that a short form stands for, joined up in lower case; none for any other word.

    `word` is in lower case; `capitals` says whether it was written in capitals.
    """
    known = _said()
    names = known.get(word, frozenset[str]())
    return names | known.get(word.upper(), frozenset()) if capitals else names
