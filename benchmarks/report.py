"""The report: one HTML page without external files.

Rule: every figure on the page is in the JSON file, and the page also names what failed, what is
missing and what was switched off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench_client import failure, middle, ratio

from smsc_async.cli.html_page import Cell, page, section, short, table
from smsc_async.cli.plots import NO_PLOTS, Axis, Bar, Series, bars, can_plot, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers import Result
    from targets import Target

Race = dict[str, list["Result"]]


def render(data: dict[str, Any], targets: list[Target]) -> str:
    """Return the page."""
    machine = data["machine"]
    said = (
        f"{machine['what']}. {data['when']}, {data['rounds']} rounds in turn, medians. "
        f"{data['note'].capitalize()}. " + " ".join(data["missing"])
    )
    if not can_plot():
        said += f" {NO_PLOTS}."
    return page("smsc-async: benchmarks", said, *_sections(data, targets))


def _compared(data: dict[str, Any]) -> str:
    """Return the ratios of this run and of the last version."""
    changes, units = data.get("changes", {}), data["compared"]["units"]
    rows: list[list[str | Cell]] = []
    for name, before, now, verdict in changes.get("rows", []):
        ratios = [f"{each[0]:.2f}" if each else "–" for each in (before, now)]
        said = Cell(verdict, is_good=verdict == "faster")
        shown = said if verdict in {"slower", "faster"} else verdict
        rows.append([name, units.get(name, "–"), *ratios, shown])
    return table(["", "", f"version {changes.get('version', '–')}", "now", ""], rows)


def _sections(data: dict[str, Any], targets: list[Target]) -> Iterator[str]:
    """Yield the parts of the page."""
    yield section("Targets", "Performance targets, measured in this run.", _targets(targets))
    yield section(
        "Beside the last version",
        "Processor time of our client divided by that of bare asyncio, bare tasks or bare Python,"
        " within rounds. Only ratios are compared: machines differ.",
        _compared(data),
    )
    yield section(
        "Everybody against one sink",
        "Messages a second by window. The floor is what asyncio allows with framing and futures"
        " alone; each message of a client is built, encoded, answered and awaited.",
        *(_race(f"Window {window}", race) for window, race in data["race"].items()),
        _everybody_by_window(data["race"]),
    )
    yield section(
        "Latency at half load",
        f"{short(data['half_rate'])} messages a second at an even pace, which keeps our client busy"
        " half of the time. Tasks: each call is a task of its own.",
        _latency(data["half_load"]),
    )
    yield section(
        "Receipts",
        "Pushed to the client as fast as it answers, and awaited for each message at window 100.",
        _race_table(data["receipts"]),
    )
    yield section(
        "How cost grows", "Our client alone. Cost should grow linearly.", *_growth(data["growth"])
    )
    if data["codec"]:
        yield section("Codec", "Nanoseconds a call.", _codec(data["codec"]["rows"]))
    if data["session"]:
        yield section(
            "Session",
            "Nanoseconds a message, no socket, by window.",
            _rows(data["session"]["rows"]),
        )
    if data["rules"]:
        yield section("Rules", "The gateway's rules alone.", _rows(data["rules"].get("rows", {})))
    versions = [[name, version] for name, version in data["versions"].items()]
    yield section("Versions", "", table(["", ""], versions))


def _targets(targets: list[Target]) -> str:
    """Return the table of targets."""
    rows: list[list[str | Cell]] = [
        [
            each.claim,
            each.measured,
            Cell(each.verdict, is_good=each.holds is True) if each.is_judged else each.verdict,
        ]
        for each in targets
    ]
    return table(["target", "measured", ""], rows)


def _race(title: str, race: Race) -> str:
    """Return a bar chart of the rates and a table of all figures."""
    by_rate = sorted(race.items(), key=lambda each: -(middle(each[1], "rate") or 0))
    rows = [
        Bar(name, middle(found, "rate"), _beside(found), is_ours=name.startswith("ours"))
        for name, found in by_rate
    ]
    return bars(title, rows, unit="messages a second") + _race_table(race)


def _beside(found: list[Result]) -> str:
    """Return the label of a bar."""
    rate = middle(found, "rate")
    if rate is None:
        return "stalled" if "stalled" in failure(found) else "failed"
    return short(rate)


def _race_table(race: Race) -> str:
    """Return the table of all figures."""
    floor, smpp34 = race.get("floor", []), race.get("smpp34", [])
    rows: list[list[str | Cell]] = []
    for name, found in race.items():
        figures = [middle(found, what) for what in ("rate", "cpu_us", "p50_ms", "p99_ms")]
        figures += [ratio(found, floor, "rate"), ratio(found, smpp34, "rate")]
        said: list[str | Cell] = ["–" if value is None else short(value) for value in figures]
        why = failure(found)
        rows.append([name, *said, Cell(why, is_good=False) if why else ""])
    head = ["", "a second", "CPU, µs", "p50, ms", "p99, ms", "× floor", "× smpp34", ""]
    return table(head, rows)


def _everybody_by_window(races: dict[str, Race]) -> str:
    """Return a chart of each client's rate by window."""
    names = dict.fromkeys(name for race in races.values() for name in race)
    curves = [
        Series(
            name,
            [
                (int(window), rate)
                for window, race in races.items()
                if (rate := middle(race.get(name, []), "rate")) is not None
            ],
        )
        for name in names
        if "uvloop" not in name
    ]
    first = sorted(curves, key=lambda curve: not curve.name.startswith("ours"))
    return lines(
        "By window", first, Axis("window", is_log=True), Axis("messages a second", is_log=True)
    )


def _latency(half_load: Race) -> str:
    """Return a bar chart of the p99 and a table."""
    rows = [
        Bar(name, middle(found, "p99_ms"), is_ours=name.startswith("ours"))
        for name, found in half_load.items()
    ]
    return bars("p99 from the call to its return", rows, unit="milliseconds") + _race_table(
        half_load
    )


def _growth(growth: dict[str, Any]) -> Iterator[str]:
    """Yield the curves of growth."""
    order = sorted(growth["windows"].items(), key=lambda each: not each[0].startswith("ours"))
    yield lines(
        "Rate by window",
        [Series(name, curve) for name, curve in order],
        Axis("window", is_log=True),
        Axis("messages a second", is_log=True),
    )
    yield lines(
        "Processor time by binds, 100 slots each",
        [Series(name, curve) for name, curve in growth["binds"].items()],
        Axis("binds"),
        Axis("µs a message"),
    )
    for what, unit in (("rate", "messages a second"), ("cpu_us", "µs CPU a message")):
        curves = [
            Series(
                name,
                [(int(n), value) for n, found in counts.items() if (value := middle(found, what))],
            )
            for name, counts in growth["waiting"].items()
        ]
        yield lines("Concurrent callers", curves, Axis("callers", is_log=True), Axis(unit))
    for what, unit, scale in (
        ("resident", "MiB resident", 2**20),
        ("cpu_us", "µs CPU a message", 1),
    ):
        series = [
            Series(name, [(each["sent"], each[what] / scale) for each in found if "sent" in each])
            for name, found in growth["sent"].items()
        ]
        yield lines(
            "Messages sent, and remembered by the rules", series, Axis("messages"), Axis(unit)
        )


def _codec(rows: dict[str, Any]) -> str:
    """Return the codec's figures."""
    names = list(dict.fromkeys(who for row in rows.values() for who in row))
    return table(
        ["", *names],
        [
            [name, *(short(row[who]["median_ns"]) if who in row else "–" for who in names)]
            for name, row in rows.items()
        ],
    )


def _rows(rows: dict[str, dict[str, float]]) -> str:
    """Return figures by name and column."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    return table(
        ["", *names],
        [[name, *(_shown(row.get(column)) for column in names)] for name, row in rows.items()],
    )


def _shown(value: object) -> str:
    """Return a rounded number; any other value unchanged."""
    return short(value) if isinstance(value, (int, float)) else str(value or "–")
