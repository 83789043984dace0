"""Python code generated from a PDU's declaration: one function that decodes, two that encode.

Rule: on anything unusual the generated code raises `FastPathMiss` and the declaration decides. No
error text and no leniency belongs here.

How the fast path works:

1. **Declaration.** A PDU class lists its fields (`pdu.schema`); which make a construct (`Body`).
   It is the authority: it parses and builds every PDU and names what is wrong, but it is slow.
2. **Layout.** `pdu.layout.steps_of` flattens the construct into a list of steps: number, text,
   octets, nested list, TLVs.
3. **Generated functions.** `decoder_source` and `packer_source` write plain Python for these steps.
   Decoding: a run of strings and numbers is one compiled pattern over the frame as latin-1 text;
   the fields that mostly repeat from PDU to PDU are read once for each combination of octets, in a
   `BoundedCache`. Encoding: one `struct.Struct` for each combination of string lengths, in
   `Packers`, which checks the lengths when it makes one. TLVs: `decode_tlvs` has a function for the
   tags and lengths seen last in as many octets.
4. **FastPathMiss.** A frame or a value that these functions don't expect, malformed or only rare.
5. **The declaration decides.** `pdu.codec` then runs the construct, which returns the PDU or its
   octets, or raises the error with field, offset and reason.

Both ways give equal results for everything they both take; tests/pdu/test_codec.py checks it.
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
from pdu.layout import Constant, Nested, Number, Octets, Step, Text, Tlvs, UnsupportedFieldError
from pdu.tlvs import TLVS, Tlv

MAX_LAYOUTS = 256
"""Generated TLV decoders, one for each number of octets; a gateway needs a handful."""

MAX_LAYOUT_TLVS = 16
"""TLVs in one generated decoder; longer lists are decoded one by one."""

MAX_CACHED_VALUE = 4
"""Octets of a TLV value that is likely to repeat: a state, an error code, a number of parts."""

TLV_CACHE_SIZE = 64
"""Cached values of one TLV in one layout: there may be thousands of layouts' TLVs."""

MAX_CACHED_RUN = 64
"""Characters of a cached run of fields: more than the fields of a well-formed PDU have."""

RUN_CACHE_SIZE = 4096
"""Cached values of one run of fields that mostly repeat."""

MAX_PACKERS = 1000
"""Compiled packers per PDU type, one for each combination of string lengths."""

RESERVED = frozenset({
    "at", "cls", "command_id", "command_status", "cut", "declared", "decode_nested", "decode_tlvs",
    "early", "encode_nested", "encode_tlvs", "end", "error", "found", "frame", "head",
    "hide_frames", "misses", "new", "ok", "pack", "pack_head", "packers", "pdu", "refusal", "self",
    "sequence_number", "size", "sm_length", "statuses", "tail", "text",
})  # fmt: skip
"""Names that the generated functions use themselves, so that no field may have them."""

_TAGS = {int(tag): tag for tag in TlvTag}
_TLV_HEAD = struct.Struct(">HH")


class FastPathMiss(Exception):  # noqa: N818 - not an error: the declaration decides
    """The generated code doesn't take this PDU."""


class BoundedCache(dict[Any, Any]):
    """A cache of what octets mean, emptied when it is full.

    Args:
        read: Computes the value of a key: octets, or as many latin-1 characters.
        max_key: Keys longer than this are not cached.
        size: Keys at most.
    """

    def __init__(self, read: Callable[[Any], Any], *, max_key: int, size: int) -> None:
        super().__init__()
        self.read = read
        self.max_key = max_key
        self.size = size

    def __missing__(self, key: Any) -> Any:  # noqa: ANN401 - octets or characters
        value = self.read(key)
        if len(key) <= self.max_key:
            if len(self) >= self.size:
                self.clear()
            self[key] = value
        return value

    def __repr__(self) -> str:
        # Keys may be addresses.
        return f"<BoundedCache, {len(self)} of {self.size}>"


DecodeTlvs = Callable[[bytes, int], tuple[Tlv, ...]]

_layouts: dict[int, DecodeTlvs] = {}
_misses: dict[int, int] = {}


def decode_tlvs(frame: bytes, at: int) -> tuple[Tlv, ...]:  # hot path
    """Decode TLVs from octet *at* to the end.

    A gateway repeats the same tags with the same lengths, so the decoder generated for the last
    TLVs of as many octets is tried first; it checks every tag and length.
    """
    left = len(frame) - at
    decode = _layouts.get(left)
    if decode is not None:
        try:
            return decode(frame, at)
        except FastPathMiss:
            pass
    found = tuple(_split_tlvs(frame, at))
    if len(found) <= MAX_LAYOUT_TLVS and (decode is not None or len(_layouts) < MAX_LAYOUTS):
        # Compiling takes as long as a hundred decodings, and layouts may alternate: it is done
        # after 1, 2, 4, 8, … misses of as many octets.
        _misses[left] = missed = _misses.get(left, 0) + 1
        if missed.bit_count() == 1:
            _layouts[left] = _compile_layout(found)
    return found


def _split_tlvs(frame: bytes, at: int) -> Iterator[Tlv]:
    """Yield TLVs one by one, each by its own length."""
    end = len(frame)
    while end - at >= 4:
        tag, length = _TLV_HEAD.unpack_from(frame, at)
        stop = at + 4 + length
        if stop > end:
            raise FastPathMiss
        yield Tlv(_TAGS.get(tag, tag), frame[at + 4 : stop])
        at = stop


def _compile_layout(found: tuple[Tlv, ...]) -> DecodeTlvs:
    """Generate a decoder for TLVs with exactly these tags and lengths."""
    numbers = range(len(found))
    sizes = "".join(f"4s{len(tlv.value)}s" for tlv in found)
    scope: dict[str, Any] = {"Tlv": Tlv, "new": object.__new__, "FastPathMiss": FastPathMiss}
    scope["cut"] = struct.Struct(sizes).unpack_from
    for n, tlv in enumerate(found):
        scope[f"head_{n}"] = _TLV_HEAD.pack(tlv.tag, len(tlv.value))
        scope[f"tag_{n}"] = tlv.tag
    lines = ["def decode(frame, at):"]
    lines += [f"    {', '.join(f'h{n}, v{n}' for n in numbers)} = cut(frame, at)"]
    lines += [f"    if {' or '.join(f'h{n} != head_{n}' for n in numbers)}: raise FastPathMiss"]
    for n, tlv in enumerate(found):
        if len(tlv.value) <= MAX_CACHED_VALUE:
            scope[f"cache_{n}"] = BoundedCache(
                partial(Tlv, tlv.tag), max_key=MAX_CACHED_VALUE, size=TLV_CACHE_SIZE
            )
            lines += [f"    t{n} = cache_{n}[v{n}]"]
        else:
            lines += [f"    t{n} = new(Tlv); t{n}.tag = tag_{n}; t{n}.value = v{n}"]
    lines += [f"    return ({', '.join(f't{n}' for n in numbers)},)"]
    decode: DecodeTlvs = run("\n".join(lines), f"<{len(found)} TLVs>", scope)["decode"]
    return decode


def encode_tlvs(tlvs: tuple[Tlv, ...]) -> bytes:
    """Encode TLVs, each within its limits."""
    octets: list[bytes] = []
    for tlv in tlvs:
        tag, value = tlv.tag, tlv.value
        size = len(value)
        known = TLVS.get(tag)
        if type(value) is not bytes or (known and not known.minimum <= size <= known.maximum):
            raise FastPathMiss
        octets += _TLV_HEAD.pack(tag, size), value
    return b"".join(octets)


class Statuses(dict[int, int]):
    """The `CommandStatus` of a number; the number itself where it has none."""

    def __missing__(self, number: int) -> int:
        return number


STATUSES = Statuses((int(status), status) for status in CommandStatus)


def decoder_source(steps: list[Step], *, may_end_early: bool) -> tuple[str, dict[str, Any]]:
    """Generate `decode(frame, command_status, sequence_number)`; return it with its globals."""
    _check_names(steps)
    scope: dict[str, Any] = {}
    values: dict[str, str] = {}
    reads = list(_read_lines(steps, values, scope))
    if may_end_early and values:
        _allow_header_only(reads)
    lines = ["def decode(frame, command_status, sequence_number):"]
    lines += ["    at, size = 16, len(frame)"]
    lines += [f"    {line}" for line in reads]
    lines += ["    self = new(cls)"]
    lines += ["    self.command_status = statuses[command_status] if command_status else ok"]
    lines += ["    self.sequence_number = sequence_number"]
    lines += [f"    self.{field} = {value}" for field, value in values.items()]
    lines += ["    return self"]
    return "\n".join(lines), scope


def _allow_header_only(reads: list[str]) -> None:
    """Accept a frame that is only a header, where reading its first field fails."""
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
    """Refuse fields with a name that the generated functions use."""
    for step in steps:
        if step.name in RESERVED:
            raise UnsupportedFieldError(f"{step.name}: the generated functions need that name")


def _read_lines(steps: list[Step], values: dict[str, str], scope: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that read *steps*; put the expression of each field's value in *values*."""
    run: list[Number | Text] = []
    for step in steps:
        match step:
            case Number() | Text():
                run.append(step)
            case Octets(name):
                yield from _run_lines([*run, Number("sm_length", 1, int)], values, scope)
                run = []
                del values["sm_length"]
                yield "end = at + sm_length"
                yield f"{name} = frame[at:end]"
                yield "if end > size: raise FastPathMiss"
                yield "at = end"
                values[name] = name
            case Nested(name, field):
                yield from _run_lines(run, values, scope)
                run = []
                scope[f"field_{name}"] = field
                yield f"{name}, at = decode_nested(field_{name}, frame, at)"
                values[name] = name
            case _:  # TLVs; constants are never read
                yield from _run_lines(run, values, scope)
                run = []
                values[step.name] = "decode_tlvs(frame, at) if size - at > 3 else ()"


def _run_lines(
    run: list[Number | Text], values: dict[str, str], scope: dict[str, Any]
) -> Iterator[str]:
    """Yield the lines that read a run of strings and numbers."""
    if not run:
        return
    values |= {step.name: step.name for step in run}
    if len(run) == 1 and isinstance(run[0], Text):
        yield "end = frame.find(0, at)"
        yield "if end < 0: raise FastPathMiss"
        yield f"{run[0].name} = frame[at:end].decode('latin-1')"
        yield "at = end + 1"
        return
    match = f"match_{len(scope)}"
    pattern: list[str] = []
    groups: list[str] = []
    after: list[str] = []
    for is_variable, steps in groupby(run, key=_is_variable):
        if is_variable:
            names = [step.name for step in steps]
            pattern += [r"([^\0]*+)\0"] * len(names)
            groups += names
            continue
        steady = list(steps)
        group = f"octets_{len(scope)}"
        groups.append(group)
        pattern.append(f"({''.join(_pattern(step) for step in steady)})")
        scope[f"cache_{group}"] = BoundedCache(
            _steady_reader(steady), max_key=MAX_CACHED_RUN, size=RUN_CACHE_SIZE
        )
        after.append(f"{', '.join(step.name for step in steady)}, = cache_{group}[{group}]")
    scope[match] = re.compile("".join(pattern), re.DOTALL).match
    yield f"found = {match}(frame.decode('latin-1'), at)"
    yield "if found is None: raise FastPathMiss"
    yield f"{', '.join(groups)}, = found.groups()"
    yield from after
    yield "at = found.end()"


def _is_variable(step: Number | Text) -> bool:
    """Whether a field differs from PDU to PDU, so that caching it is useless."""
    return isinstance(step, Text) and not step.steady


def _pattern(step: Number | Text) -> str:
    """Return the regular expression of a field."""
    return r"[^\0]*+\0" if isinstance(step, Text) else "." * step.octets


def _steady_reader(steps: list[Number | Text]) -> Callable[[str], tuple[int | str, ...]]:
    """Return a function that reads the values of *steps* from their octets as latin-1 text."""
    match = re.compile("".join(f"({_pattern(step)})" for step in steps), re.DOTALL).fullmatch

    def read(characters: str) -> tuple[int | str, ...]:
        found = match(characters)
        groups = found.groups() if found else ()
        return tuple(_value(step, group) for step, group in zip(steps, groups, strict=True))

    return read


def _value(step: Number | Text, characters: str) -> int | str:
    """Read one field from its characters."""
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
    """Generate `pack(sequence_number, fields…)` and `encode(pdu, sequence_number)`.

    Args:
        command_id: Of the PDU.
        steps: Its fields.
        defaults: Values of fields that may be omitted.
        order: The required arguments of `pack`; by default those without a default, in wire order.
        body_optional: Whether a refusal whose fields are all empty is a header only.

    Returns:
        The source and its globals.
    """
    _check_names(steps)
    names = [step.name for step in steps if not isinstance(step, Constant)]
    required = order or [name for name in names if name not in defaults]
    given = [f"{name}=default_{name}" for name in names if name in defaults]
    scope: dict[str, Any] = {f"default_{name}": value for name, value in defaults.items()}
    writes = [f"        {line}" for line in _write_lines(command_id, steps, scope)]
    if body_optional:
        filled = " or ".join(f"len({name})" if name == "tlvs" else name for name in names)
        writes.insert(0, f"        if command_status and not ({filled}):")
        writes.insert(
            1, "            return pack_header(16, command_id, command_status, sequence_number)"
        )
        scope["pack_header"] = _HEADER.pack
    names.append("command_status")
    fields = ", ".join(f"{name}={name}" for name in names)
    miss = [
        "    except misses:",
        "        try:",
        f"            return declared(sequence_number, dict({fields}))",
        "        except BaseException as error:",
        "            hide_frames(error, refusal)",
        "            raise",
        "    except BaseException as error:",
        "        hide_frames(error, refusal)",
        "        raise",
    ]
    # Positional arguments: hot path.
    arguments = ", ".join(["sequence_number", *required, *given, "command_status=0"])
    lines = [f"def pack({arguments}):", "    try:", *writes, *miss]
    lines += ["", "def encode(pdu, sequence_number):"]
    lines += [f"    {name} = pdu.{name}" for name in names]
    lines += ["    try:", *writes, *miss]
    return "\n".join(lines), scope


def _write_lines(command_id: int, steps: list[Step], scope: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that write *steps*, the `return` included."""
    scope |= {
        "packers": Packers(command_id, steps),
        "pack_head": _HEAD.pack,
        "command_id": command_id,
    }
    for step in steps:
        if isinstance(step, Nested):
            scope[f"field_{step.name}"] = step.field
            yield f"{step.name} = encode_nested(field_{step.name}, {step.name})"
    if texts := [step.name for step in steps if isinstance(step, Text)]:
        joined = f'"".join(({", ".join(texts)}))'
        yield f"text = {joined if len(texts) > 1 else texts[0]}"
        yield r"if not text.isascii() or '\0' in text: raise FastPathMiss"
    sized = [f"len({s.name})," for s in steps if isinstance(s, Text | Octets | Nested)]
    yield f"pack, head, size = packers[{' '.join(sized) or '()'}]"
    written = [_pack_arguments(n, step, scope) for n, step in enumerate(steps)]
    values = ", ".join(value for value in written if value)
    whole = f"pack(head, command_status, sequence_number, {values})"
    if not any(isinstance(step, Tlvs) for step in steps):
        yield f"return {whole}"
        return
    yield f"if not len(tlvs): return {whole}"
    yield "tail = encode_tlvs(tlvs)"
    yield "head = pack_head(size + len(tail), command_id)"
    yield f"return {whole} + tail"


def _pack_arguments(n: int, step: Step, scope: dict[str, Any]) -> str:
    """Return the arguments of `struct`'s `pack` for a field."""
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
    """`struct` packers by the lengths of a PDU's strings, made at the first use of a combination.

    Each comes with the first half of the header, which the lengths determine, and the size. A
    length that the field doesn't take is a `FastPathMiss`.
    """

    def __init__(self, command_id: int, steps: list[Step]) -> None:
        super().__init__()
        self.command_id = command_id
        self.steps = steps

    def __missing__(self, lengths: tuple[int, ...]) -> tuple[Callable[..., bytes], bytes, int]:
        if len(self) >= MAX_PACKERS:
            self.clear()
        rest = iter(lengths)
        packer = struct.Struct(">8sLL" + "".join(_format(step, rest) for step in self.steps))
        made = packer.pack, _HEAD.pack(packer.size, self.command_id), packer.size
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
        case _:  # TLVs, which come after everything else
            return ""
