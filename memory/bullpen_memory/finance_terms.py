"""What finance calls by several names: a measure's abbreviation and the lines of a report behind it.

The rule it protects: a question in an analyst's words finds the page that is written in an
accountant's. It holds words only; `words.py` decides what they count.
"""

from __future__ import annotations

import functools
import re

# On the left what a question may say (alternatives separated by |), on the right how a report
# names it, or the lines that it is reckoned from.
_NAMES = """
capex|capital expenditure|capital expenditures: capital expenditures; purchases of property, plant and equipment; additions to property
ppe|pp&e|pp e|fixed assets|fixed asset: property, plant and equipment
cash flow statement|cash flow statements|statement of cash flows: statements of cash flows; operating activities
balance sheet|statement of financial position: balance sheets; financial position; total assets
income statement|p&l|profit and loss|p&l statement: statements of operations; statements of income; statements of earnings; cost of sales
cogs|cost of goods sold: cost of sales; cost of revenue; cost of goods sold
revenue|revenues|sales|top line: net sales; total revenues; net revenue
sg&a|sga: selling, general and administrative
r&d: research and development
d&a: depreciation and amortization
ebit|operating income|operating profit: operating income; income from operations; operating profit
ebitda: depreciation and amortization; operating income; income from operations
gross margin|gross profit margin: gross profit; gross margin; cost of sales
operating margin: operating income; income from operations; net sales
net margin|net profit margin|bottom line: net income; net earnings
net income|net profit|earnings: net income; net earnings
eps|earnings per share: earnings per share; diluted
free cash flow|fcf: net cash provided by operating activities; purchases of property, plant and equipment; capital expenditures
operating cash flow|cash from operations|cash flow from operations: net cash provided by operating activities; operating activities
quick ratio|acid test: total current assets; total current liabilities; inventories
current ratio|liquidity ratio: total current assets; total current liabilities
working capital: total current assets; total current liabilities
inventory turnover|days inventory|dio: inventories; cost of sales; cost of goods sold
dpo|days payable|days payables: accounts payable; cost of sales; cost of goods sold; inventories
dso|days sales outstanding|days receivable: accounts receivable; trade receivables
cash conversion cycle: accounts payable; accounts receivable; inventories; cost of sales
asset turnover: total assets; net sales
fixed asset turnover: property, plant and equipment; net sales
roa|return on assets: total assets; net income
roe|return on equity: total equity; stockholders equity; shareholders equity; net income
roic|return on invested capital: operating income; long-term debt; total equity
effective tax rate|tax rate: provision for income taxes; income before income taxes; effective tax rate
payout ratio|dividend payout: dividends paid; cash dividends; net income
buyback|buybacks|share repurchase|share repurchases: repurchases of common stock; purchases of treasury stock; share repurchase
leverage|net debt|debt: long-term debt; total debt; borrowings
interest coverage|interest cover: interest expense; operating income
book value|shareholders equity|stockholders equity: total stockholders equity; total shareholders equity; total equity
headcount|workforce|staff: employees; number of employees
litigation|lawsuits|legal battles|legal proceedings: legal proceedings; contingencies; litigation
acquisition|acquisitions|m&a: acquisitions; business combinations
securities registered|listed securities|debt securities: securities registered pursuant to section 12(b); trading symbol
customer concentration: customers; percent of net sales
segments|business segments: segment; reportable segments; segment information
restructuring: restructuring; severance
guidance|outlook|forecast: outlook; guidance; expect
"""


@functools.cache
def _table() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    found: list[tuple[re.Pattern[str], tuple[str, ...]]] = []
    for line in _NAMES.strip().splitlines():
        left, right = line.split(": ", 1)
        said = "|".join(re.escape(one) for one in left.split("|"))
        names = tuple(name.strip() for name in right.split(";"))
        found.append((re.compile(rf"(?<![\w&])(?:{said})(?![\w&])"), names))
    return tuple(found)


def other_names(folded: str) -> list[str]:
    """The other names of what a lower-case question speaks of, each once, those it says left out."""
    names = [name for said, names in _table() if said.search(folded) for name in names]
    return [name for name in dict.fromkeys(names) if name not in folded]
