"""What a file is by its octets, whatever its name says."""

from __future__ import annotations

import gzip
from contextlib import suppress
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbooks import workbook

from smsc_async.cli.failures import Failure
from smsc_async.cli.tables.formats import is_workbook

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def zipped(**files: bytes) -> bytes:
    """Return a zip file; in a name without a dot "__" stands for "/", "_" for "."."""
    octets = BytesIO()
    with ZipFile(octets, "w") as archive:
        for name, content in files.items():
            if "." not in name:
                name = name.replace("__", "/").replace("_", ".")  # noqa: PLW2901 - the same name
            archive.writestr(name, content)
    return octets.getvalue()


ODS = b"application/vnd.oasis.opendocument.spreadsheet"


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (OLE + b"\0" * 600, "old Excel (.xls)"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "with a password"),
        (zipped(mimetype=ODS), "LibreOffice (.ods)"),
        (zipped(mimetype=ODS.replace(b"spreadsheet", b"text")), "a document"),
        (zipped(xl__workbook_bin=b""), "(.xlsb)"),
        (zipped(**{"[Content_Types].xml": b"", "word__document_xml": b""}), "a document"),
        (zipped(Index__Document_iwa=b""), "a document"),
        (zipped(clients_csv=b"to,text"), "an archive"),
        (zipped(), "an archive"),
        (gzip.compress(b"to,text"), "an archive"),
        (b"Rar!\x1a\x07\0", "an archive"),
        (b"7z\xbc\xaf\x27\x1c", "an archive"),
        (b"%PDF-1.7", "a document"),
        (rb"{\rtf1", "a document"),
        (b"<html><table>", "web page"),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE html>", "web page"),
        ("\ufeff<table border=1>".encode("utf-16-le"), "web page"),
        (b'<?xml version="1.0"?><Workbook>', "web page"),
        (zipped(xl__workbook_xml=b"")[:40], "damaged"),
        (b"PK\x03\x04", "damaged"),
    ],
)
def test_file_that_is_no_table_is_named(octets: bytes, reason: str) -> None:
    """With what to do; another encoding wouldn't help."""
    with pytest.raises(Failure) as caught:
        is_workbook(octets)

    assert "bulk.format" == caught.value.key
    assert reason in caught.value.text
    assert "save it as" in caught.value.advice or "unpack" in caught.value.advice
    assert caught.value.__context__ is None


@pytest.mark.parametrize("octets", [b"", b"to,text", b"PK;text", "Телефон".encode("utf-16")])
def test_other_octets_are_text(octets: bytes) -> None:
    """What is wrong with them is found when they are read."""
    assert not is_workbook(octets)


def test_workbook_is_one_under_any_name() -> None:
    """A name isn't asked for."""
    assert is_workbook(workbook({"A": [["to"]]}))


@given(st.binary(), st.sampled_from([b"", b"PK\x03\x04", OLE]))
def test_any_octets_are_something(octets: bytes, head: bytes) -> None:
    """A text, a workbook, or a failure: no other error."""
    with suppress(Failure):
        assert is_workbook(head + octets) in {True, False}
