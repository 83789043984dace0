"""What a workbook says about a sheet beside its values."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

import pytest
from workbooks import Styled, workbook

from smsc_async.cli.tables.sheet_layout import SheetLayout, read_layout, unpacked_size

if TYPE_CHECKING:
    from collections.abc import Mapping

PART = "xl/worksheets/sheet1.xml"


def with_parts(changed: Mapping[str, str | None]) -> bytes:
    """Return a workbook with other parts; None leaves one out."""
    octets = BytesIO()
    with ZipFile(BytesIO(workbook({"A": [["a"]]}))) as source, ZipFile(octets, "w") as archive:
        parts: dict[str, str | None] = {
            name: source.read(name).decode() for name in source.namelist()
        }
        parts.update(changed)
        for name, text in parts.items():
            if text is not None:
                archive.writestr(name, text)
    return octets.getvalue()


def test_layout_has_hidden_rows_formats_and_the_extent() -> None:
    """Of the sheet that is named."""
    rows: list[list[object]] = [["to", "x"], [None, Styled(0.15, 2)], [Styled(7, 3), None, "end"]]
    layout = read_layout(workbook({"A": rows, "B": [["b"]]}, hidden_rows=[2]), "A")

    assert [1] == layout.hidden_rows
    assert {(1, 1): "0%", (2, 0): "00000"} == layout.formats
    assert (3, 3) == (layout.height, layout.width)


@pytest.mark.parametrize("missing", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", PART])
def test_sheet_that_is_not_found_has_no_layout(missing: str) -> None:
    """The reader of the values says what is wrong."""
    assert SheetLayout() == read_layout(with_parts({missing: None}), "A")
    assert SheetLayout() == read_layout(with_parts({}), "B")


def test_prefixes_places_and_styles_may_be_missing() -> None:
    """Other programs write them in another way."""
    xml = (
        '<x:sheet xmlns:x="a"><x:row hidden="true"><x:c><x:v>1</x:v></x:c><x:c r="AB1" s="2">'
        '<x:v>1</x:v></x:c><x:c s="2"/></x:row><x:row hidden="false"/></x:sheet>'
    )
    layout = read_layout(with_parts({PART: xml, "xl/styles.xml": None}), "A")

    assert ([0], {}, 1, 28) == (layout.hidden_rows, layout.formats, layout.height, layout.width)
    assert {(0, 27): "0%", (0, 28): "0%"} == read_layout(with_parts({PART: xml}), "A").formats


def test_damaged_part_is_an_error() -> None:
    """A digit that a disk has changed is another number."""
    octets = workbook({"A": [["79123456789"]]})
    with pytest.raises(BadZipFile):
        read_layout(octets.replace(b"79123456789", b"79123456780"), "A")


def test_size_is_that_of_all_parts() -> None:
    """As the directory of the archive has them."""
    parts = {"a": "12345", "b": "12"}
    octets = BytesIO()
    with ZipFile(octets, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)

    assert 7 == unpacked_size(octets.getvalue())
