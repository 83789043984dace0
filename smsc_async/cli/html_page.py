"""HTML pages for reports.

Rule: a page is one self-contained file: no script, no font, no external address. It supports light
and dark mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

STYLE: Final = """
:root{color-scheme:light dark;--ground:#fff;--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;
--good:#1a7f37;--bad:#c4320a}
@media(prefers-color-scheme:dark){:root{--ground:#0d1117;--ink:#e6edf3;--soft:#9198a1;
--line:#30363d;--good:#3fb950;--bad:#ff7b54}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:860px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 8px}
h2{font-size:20px;margin:40px 0 4px}
p{margin:4px 0 12px;color:var(--soft);max-width:70ch}
figure{margin:16px 0;overflow-x:auto}
figcaption{font-weight:600;margin-bottom:8px}
figcaption span{font-weight:400;color:var(--soft)}
img{display:block;width:100%;min-width:520px;background:#fff;border:1px solid var(--line);
border-radius:10px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:12px 0;font-variant-numeric:tabular-nums;min-width:60%}
th,td{padding:6px 14px 6px 0;text-align:right;border-bottom:1px solid var(--line);
white-space:nowrap}
th{color:var(--soft);font-weight:500;font-size:14px}
th:first-child,td:first-child{text-align:left;white-space:normal;min-width:13em}
td.good,td.bad{text-align:left;white-space:normal;min-width:8em;font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}
"""


def short(value: float) -> str:
    """Return a number in compact form: 1 234, 12.3, 0.045, 1.2 M."""
    size = abs(value)
    if size >= 1_000_000:
        return f"{value / 1_000_000:.3g} M"
    if size >= 1000:
        return f"{round(value):,}".replace(",", "\u202f")
    if size >= 100 or value == round(value):
        return f"{value:.0f}"
    return f"{value:.3g}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell with a verdict.

    Args:
        text: Of the cell.
        is_good: Shown as good, else as bad.
    """

    text: str
    is_good: bool


def table(head: Sequence[str], rows: Sequence[Sequence[str | Cell]]) -> str:
    """Return a table; the first column contains words, the others numbers."""
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{titles}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(cell: str | Cell) -> str:
    """Return one cell."""
    if isinstance(cell, Cell):
        return f'<td class="{"good" if cell.is_good else "bad"}">{escape(cell.text)}</td>'
    return f"<td>{escape(cell)}</td>"


def section(title: str, text: str, *parts: str) -> str:
    """Return a section of a page: a title, a sentence about it, charts and tables."""
    sentence = f"<p>{escape(text)}</p>" if text else ""
    return f"<section><h2>{escape(title)}</h2>{sentence}{''.join(parts)}</section>"


def page(title: str, text: str, *sections: str, language: str = "en") -> str:
    """Return a whole page.

    Args:
        title: Of the page.
        text: A sentence below the title.
        sections: Results of `section`.
        language: Of the page, "en" or "ru".
    """
    return (
        f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><main>"
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p>\n"
        + "\n".join(sections)
        + "\n</main></body></html>\n"
    )
