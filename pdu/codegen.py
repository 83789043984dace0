"""Steps written out as plain Python: one function that reads a PDU, two that write it.

Rule: on anything unusual the generated code raises `FastPathMiss` and the declaration decides: it
either takes the PDU or says what is wrong with it. No error text and no leniency belongs here.

Reading: a run of strings and integers is one compiled pattern over the frame as latin-1 text,
because a pattern cuts five strings in the time that two `index` calls take; what lies between the
strings that vary is read once for each combination of octets and kept. Writing: one
`struct.Struct` a combination of string lengths, kept; that a length was kept proves it is allowed.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import Any

from pdu._exec import run
from pdu.enums import CommandStatus, TlvTag
from pdu.layout import Constant, Nested, Number, Octets, Step, Text, Tlvs, Unsupported
from pdu.tlvs import TLVS, Tlv

MAX_LAYOUTS = 256
"""BoundedCache readers of TLVs, each for one number of octets; a gateway has a handful."""

MAX_WRITTEN_OUT = 16
"""TLVs that are written out at most; more come one by one."""

SHORT = 4
"""Octets of a TLV value that is likely to come again: a state, an error code, a number of parts."""

MAX_PACKERS = 1000
"""Compiled packers per PDU type, one for each combination of string lengths."""


RESERVED = frozenset({
    "at", "cls", "command_id", "command_status", "cut", "declared", "doubts", "early", "end",
    "found", "frame", "give_nested", "give_tlvs", "head", "new", "ok", "pack", "pack_head",
    "packers", "pdu", "self", "sequence_number", "size", "sm_length", "statuses", "tail",
    "take_nested", "take_tlvs", "text",
})  # fmt: skip
"""Names that the written-out functions use themselves, so that no field may have them."""


class FastPathMiss(Exception):  # noqa: N818 - not an error: the declaration decides
    """The fast way doesn't take this; nothing is said of why."""


_TAGS = {int(tag): tag for tag in TlvTag}
_TLV_HEAD = struct.Struct(">HH")

MAX_STEADY = 64
"""Characters of a run of fields that is kept: more than the fields of an honest PDU have."""

MAX_KEPT = 4096
"""BoundedCache readings of the fields that stay the same from PDU to PDU."""

MAX_KEPT_TLVS = 64
"""BoundedCache short values of one TLV in one layout: there may be thousands of those."""


class BoundedCache(dict[Any, Any]):
    """What octets mean, worked out once for each combination and kept while there is room."""

    def __init__(self, read: Callable[[Any], Any], *, longest: int, room: int) -> None:
        super().__init__()
        self.read = read
        self.longest = longest
        self.room = room

    def __missing__(self, octets: Any) -> Any:  # noqa: ANN401 - octets, or as many latin-1 characters
        meaning = self.read(octets)
        if len(octets) <= self.longest:
            if len(self) >= self.room:
                self.clear()
            self[octets] = meaning
        return meaning

    def __repr__(self) -> str:
        # Addresses and texts stay with their PDUs.
        return f"<BoundedCache, {len(self)} of {self.room}>"


TakeTlvs = Callable[[bytes, int], tuple[Tlv, ...]]

_layouts: dict[int, TakeTlvs] = {}
_misses: dict[int, int] = {}


def take_tlvs(frame: bytes, at: int) -> tuple[Tlv, ...]:
    """Read TLVs from octet *at* to the end.

    One gateway sends the same tags with the same lengths in PDU after PDU, so a reader that was
    written out for the last TLVs of as many octets is tried first; it checks every head.
    """
    left = len(frame) - at
    take = _layouts.get(left)
    if take is not None:
        try:
            return take(frame, at)
        except FastPathMiss:
            pass
    found = tuple(_cut(frame, at))
    if len(found) <= MAX_WRITTEN_OUT and (take is not None or len(_layouts) < MAX_LAYOUTS):
        _learn(left, found)
    return found


def _learn(left: int, found: tuple[Tlv, ...]) -> None:
    """Write a layout out, for the same number of octets ever more rarely.

    Writing one out takes as long as a hundred readings, and layouts may alternate.
    """
    _misses[left] = missed = _misses.get(left, 0) + 1
    if missed.bit_count() == 1:
        _layouts[left] = _write_out_layout(found)


def _cut(frame: bytes, at: int) -> Iterator[Tlv]:
    """Yield TLVs one by one, each by its own length."""
    end = len(frame)
    while end - at >= 4:
        tag, length = _TLV_HEAD.unpack_from(frame, at)
        stop = at + 4 + length
        if stop > end:
            raise FastPathMiss
        yield Tlv(_TAGS.get(tag, tag), frame[at + 4 : stop])
        at = stop


def _write_out_layout(found: tuple[Tlv, ...]) -> TakeTlvs:
    """Write out a reader for TLVs with just these tags and lengths."""
    numbers = range(len(found))
    sizes = "".join(f"4s{len(tlv.value)}s" for tlv in found)
    scope: dict[str, Any] = {"Tlv": Tlv, "new": object.__new__, "FastPathMiss": FastPathMiss}
    scope["cut"] = struct.Struct(sizes).unpack_from
    for n, tlv in enumerate(found):
        scope[f"head_{n}"] = _TLV_HEAD.pack(tlv.tag, len(tlv.value))
        scope[f"tag_{n}"] = tlv.tag
    lines = ["def take(frame, at):"]
    lines += [f"    {', '.join(f'h{n}, v{n}' for n in numbers)} = cut(frame, at)"]
    lines += [f"    if {' or '.join(f'h{n} != head_{n}' for n in numbers)}: raise FastPathMiss"]
    for n, tlv in enumerate(found):
        if len(tlv.value) <= SHORT:
            scope[f"kept_{n}"] = BoundedCache(
                partial(Tlv, tlv.tag), longest=SHORT, room=MAX_KEPT_TLVS
            )
            lines += [f"    t{n} = kept_{n}[v{n}]"]
        else:
            lines += [f"    t{n} = new(Tlv); t{n}.tag = tag_{n}; t{n}.value = v{n}"]
    lines += [f"    return ({', '.join(f't{n}' for n in numbers)},)"]
    take: TakeTlvs = run("\n".join(lines), f"<{len(found)} TLVs>", scope)["take"]
    return take


def give_tlvs(tlvs: tuple[Tlv, ...]) -> bytes:
    """Write TLVs."""
    written: list[bytes] = []
    for tlv in tlvs:
        tag, value = tlv.tag, tlv.value
        size = len(value)
        known = TLVS.get(tag)
        if type(value) is not bytes or (
            known is not None and not known.minimum <= size <= known.maximum
        ):
            raise FastPathMiss
        written += _TLV_HEAD.pack(tag, size), value
    return b"".join(written)


class Statuses(dict[int, int]):
    """command_status as an enumeration's member where it has one, else as it is."""

    def __missing__(self, number: int) -> int:
        return number


STATUSES = Statuses((int(status), status) for status in CommandStatus)


def decoder_source(steps: list[Step], *, may_end_early: bool) -> tuple[str, dict[str, Any]]:
    """Return the text of `decode(frame, command_status, sequence_number)` and what it refers to."""
    _check_names(steps)
    scope: dict[str, Any] = {}
    lines = ["def decode(frame, command_status, sequence_number):"]
    values: dict[str, str] = {}
    lines += ["    at, size = 16, len(frame)"]
    reads = list(_reads(steps, values, scope))
    if may_end_early and values:
        _end_early(reads)
    lines += [f"    {line}" for line in reads]
    lines += ["    self = new(cls)"]
    lines += ["    self.command_status = statuses[command_status] if command_status else ok"]
    lines += ["    self.sequence_number = sequence_number"]
    lines += [f"    self.{field} = {value}" for field, value in values.items()]
    lines += ["    return self"]
    return "\n".join(lines), scope


def _end_early(reads: list[str]) -> None:
    """Let a frame be a header alone: where reading fails first, for most frames are more."""
    end = "if size == 16: return early(command_status, sequence_number)"
    for n, line in enumerate(reads):
        if line.endswith(": raise FastPathMiss"):
            reads[n : n + 1] = [
                line.removesuffix(" raise FastPathMiss"),
                f"    {end}",
                "    raise FastPathMiss",
            ]
            return
    reads.insert(0, end)


def _check_names(steps: list[Step]) -> None:
    """Refuse fields that are called like something the functions use."""
    for step in steps:
        if step.name in RESERVED:
            raise Unsupported(f"{step.name}: the written-out functions need that name")


def _reads(steps: list[Step], values: dict[str, str], scope: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that read *steps*; fill in the expression that each field's value is."""
    run: list[Number | Text] = []
    for step in steps:
        match step:
            case Number() | Text():
                run.append(step)
            case Octets(name):
                yield from _read_run([*run, Number("sm_length", 1, int)], values, scope)
                run = []
                del values["sm_length"]
                yield "end = at + sm_length"
                yield f"{name} = frame[at:end]"
                yield "if end > size: raise FastPathMiss"
                yield "at = end"
                values[name] = name
            case Nested(name, field):
                yield from _read_run(run, values, scope)
                run = []
                scope[f"take_{name}"] = field
                yield f"{name}, at = take_nested(take_{name}, frame, at)"
                values[name] = name
            case _:  # TLVs; constants are never read
                yield from _read_run(run, values, scope)
                run = []
                values[step.name] = "take_tlvs(frame, at) if size - at > 3 else ()"


def _read_run(
    run: list[Number | Text], values: dict[str, str], scope: dict[str, Any]
) -> Iterator[str]:
    """Yield the lines that read strings and integers in a row."""
    if not run:
        return
    values |= {step.name: step.name for step in run}
    if len(run) == 1 and isinstance(run[0], Text):
        yield "end = frame.find(0, at)"
        yield "if end < 0: raise FastPathMiss"
        yield f"{run[0].name} = frame[at:end].decode('latin-1')"
        yield "at = end + 1"
        return
    where = f"match_{len(scope)}"
    pattern: list[str] = []
    groups: list[str] = []
    after: list[str] = []
    for varies, steps in groupby(run, key=_varies):
        if varies:
            names = [step.name for step in steps]
            pattern += [r"([^\0]*+)\0"] * len(names)
            groups += names
            continue
        steady = list(steps)
        group = f"octets_{len(scope)}"
        groups.append(group)
        pattern.append(f"({''.join(_shape(step) for step in steady)})")
        scope[f"kept_{group}"] = BoundedCache(
            _steady_reader(steady), longest=MAX_STEADY, room=MAX_KEPT
        )
        after.append(f"{', '.join(step.name for step in steady)}, = kept_{group}[{group}]")
    scope[where] = re.compile("".join(pattern), re.DOTALL).match
    yield f"found = {where}(frame.decode('latin-1'), at)"
    yield "if found is None: raise FastPathMiss"
    yield f"{', '.join(groups)}, = found.groups()"
    yield from after
    yield "at = found.end()"


def _varies(step: Number | Text) -> bool:
    """Whether a field differs from PDU to PDU, so that keeping it is useless."""
    return isinstance(step, Text) and not step.steady


def _shape(step: Number | Text) -> str:
    """Return the pattern of a field."""
    return r"[^\0]*+\0" if isinstance(step, Text) else "." * step.octets


def _steady_reader(steps: list[Number | Text]) -> Callable[[str], tuple[int | str, ...]]:
    """Return what reads the values of *steps* out of their octets as latin-1 characters."""
    match = re.compile("".join(f"({_shape(step)})" for step in steps), re.DOTALL).fullmatch

    def read(characters: str) -> tuple[int | str, ...]:
        found = match(characters)
        groups = found.groups() if found else ()
        return tuple(_value(step, group) for step, group in zip(steps, groups, strict=True))

    return read


def _value(step: Number | Text, characters: str) -> int | str:
    """Read one field out of its characters."""
    if isinstance(step, Text):
        return characters[:-1]
    return step.values(int.from_bytes(characters.encode("latin-1"), "big"))


def packer_source(
    command_id: int,
    steps: list[Step],
    defaults: dict[str, object],
    *,
    order: tuple[str, ...] = (),
    body_optional: bool = False,
) -> tuple[str, dict[str, Any]]:
    """Return the text of `pack(sequence_number, fields…)` and of `encode(pdu, sequence_number)`.

    Args:
        command_id: Of the PDU.
        steps: Its fields.
        defaults: Values of fields that needn't be given.
        order: The required arguments; as on the wire where none is given.
        body_optional: Whether a refusal that says nothing more goes out without a body.
    """
    _check_names(steps)
    names = [step.name for step in steps if not isinstance(step, Constant)]
    required = order or [name for name in names if name not in defaults]
    given = [f"{name}=default_{name}" for name in names if name in defaults]
    scope: dict[str, Any] = {f"default_{name}": value for name, value in defaults.items()}
    writes = [f"        {line}" for line in _writes(command_id, steps, scope)]
    if body_optional:
        said = " or ".join(f"len({name})" if name == "tlvs" else name for name in names)
        writes.insert(0, f"        if command_status and not ({said}):")
        writes.insert(
            1, "            return pack_header(16, command_id, command_status, sequence_number)"
        )
        scope["pack_header"] = _HEADER.pack
    names.append("command_status")
    fields = ", ".join(f"{name}={name}" for name in names)
    doubt = ["    except doubts:", f"        return declared(sequence_number, dict({fields}))"]
    # Arguments are positional for speed only: defaults of keyword-only ones are looked up by name.
    arguments = ", ".join(["sequence_number", *required, *given, "command_status=0"])
    lines = [f"def pack({arguments}):", "    try:", *writes, *doubt]
    lines += ["", "def encode(pdu, sequence_number):"]
    lines += [f"    {name} = pdu.{name}" for name in names]
    lines += ["    try:", *writes, *doubt]
    return "\n".join(lines), scope


def _writes(command_id: int, steps: list[Step], scope: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that write *steps*, down to the `return`."""
    scope |= {
        "packers": Packers(command_id, steps),
        "pack_head": _HEAD.pack,
        "command_id": command_id,
    }
    for step in steps:
        if isinstance(step, Nested):
            scope[f"give_{step.name}"] = step.field
            yield f"{step.name} = give_nested(give_{step.name}, {step.name})"
    if texts := [step.name for step in steps if isinstance(step, Text)]:
        joined = f'"".join(({", ".join(texts)}))'
        yield f"text = {joined if len(texts) > 1 else texts[0]}"
        yield r"if not text.isascii() or '\0' in text: raise FastPathMiss"
    sized = [f"len({s.name})," for s in steps if isinstance(s, Text | Octets | Nested)]
    yield f"pack, head, size = packers[{' '.join(sized) or '()'}]"
    written = [_written(n, step, scope) for n, step in enumerate(steps)]
    values = ", ".join(value for value in written if value)
    whole = f"pack(head, command_status, sequence_number, {values})"
    if not any(isinstance(step, Tlvs) for step in steps):
        yield f"return {whole}"
        return
    yield f"if not len(tlvs): return {whole}"
    yield "tail = give_tlvs(tlvs)"
    yield "head = pack_head(size + len(tail), command_id)"
    yield f"return {whole} + tail"


def _written(n: int, step: Step, scope: dict[str, Any]) -> str:
    """Return the arguments of `pack` that a field becomes."""
    match step:
        case Text(name):
            return f"{name}.encode() if {name} else b''"
        case Octets(name):
            return f"len({name}), {name}"
        case Constant(_, octets):
            scope[f"constant_{n}"] = octets
            return f"constant_{n}"
        case Tlvs():
            return ""
        case _:
            return step.name


_HEAD = struct.Struct(">LL")
_HEADER = struct.Struct(">LLLL")


class Packers(dict[tuple[int, ...], tuple[Callable[..., bytes], bytes, int]]):
    """`struct` packers by the lengths of a PDU's strings, made when a combination is first met.

    With each comes the first half of the header, which the lengths settle, and the size.
    """

    def __init__(self, command_id: int, steps: list[Step]) -> None:
        super().__init__()
        self.command_id = command_id
        self.steps = steps

    def __missing__(self, lengths: tuple[int, ...]) -> tuple[Callable[..., bytes], bytes, int]:
        if len(self) >= MAX_PACKERS:
            self.clear()
        rest = iter(lengths)
        whole = struct.Struct(">8sLL" + "".join(_format(step, rest) for step in self.steps))
        made = whole.pack, _HEAD.pack(whole.size, self.command_id), whole.size
        self[lengths] = made
        return made


def _format(step: Step, lengths: Iterator[int]) -> str:
    """Return the `struct` format of a field, its length taken from *lengths*."""
    match step:
        case Number(_, octets):
            return {1: "B", 2: "H", 4: "L"}[octets]
        case Text(_, takes, _):
            length = next(lengths)
            if not takes(length):
                raise FastPathMiss
            return f"{length + 1}s"
        case Octets(_, max_octets):
            length = next(lengths)
            if length > max_octets:
                raise FastPathMiss
            return f"B{length}s"
        case Nested():
            return f"{next(lengths)}s"
        case Constant(_, octets):
            return f"{len(octets)}s"
        case _:  # TLVs, which come behind everything else
            return ""
