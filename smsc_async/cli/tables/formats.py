"""What a file is, by its octets: a workbook, a text, or something that isn't a table.

Rule: the octets decide, never the name: offices rename files. What can't be read is named, with how
to save it.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final
from zipfile import BadZipFile, ZipFile

from smsc_async.cli.failures import Failure, failure_before_sending
from smsc_async.cli.i18n import _

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_ARCHIVES: Final = (b"PK\x05\x06", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"BZh", b"\xfd7zXZ")
_MARKUP: Final = (b"<html", b"<!doctype", b"<?xml", b"<table", b"<meta", b"mime-version")

_SAVE: Final = _("open it, save it as .xlsx or as CSV in UTF-8, and send that file")
_UNPACK: Final = _("unpack it and send the file in it")
_XLS: Final = _("the file is a workbook of the old Excel (.xls), whatever its name is")
_PROTECTED: Final = _("the file is a workbook with a password")
_ODS: Final = _("the file is a spreadsheet of LibreOffice (.ods), whatever its name is")
_XLSB: Final = _("the file is a binary workbook of Excel (.xlsb), whatever its name is")
_DOCUMENT: Final = _("the file is a document, and not a spreadsheet")
_ARCHIVE: Final = _("the file is an archive, whatever its name is")
_PAGE: Final = _("the file is a web page or XML, which Excel opens as a table, and not a table")
_BROKEN: Final = _("the file is a damaged workbook or archive")


def is_workbook(octets: bytes) -> bool:
    """Return whether a file is an `.xlsx` workbook; if not, it is a text.

    Raises:
        Failure: It is neither, as an `.xls`, an `.ods` or an archive.
    """
    if octets.startswith(_ZIP):
        return _is_xlsx(octets)
    if octets.startswith(_OLE):
        raise _failure(_PROTECTED if _ENCRYPTED in octets else _XLS, _SAVE)
    if octets.startswith(_ARCHIVES):
        raise _failure(_ARCHIVE, _UNPACK)
    if octets.startswith((b"%PDF", b"{\\rtf")):
        raise _failure(_DOCUMENT, _SAVE)
    # Also in UTF-16, and behind a byte order mark.
    head = octets[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xff\xfe\xbf \t\r\n").lower()
    if head.startswith(_MARKUP):
        raise _failure(_PAGE, _SAVE)
    return False


def _is_xlsx(octets: bytes) -> bool:
    """Return True for a workbook among the zip files."""
    try:
        with ZipFile(BytesIO(octets)) as archive:
            names = {name.lower().replace("\\", "/") for name in archive.namelist()}
            mimetype = archive.read("mimetype")[:80] if "mimetype" in names else b""
    except (BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, ValueError):
        failure = _failure(_BROKEN, _SAVE)
    else:
        if "xl/workbook.xml" in names:
            return True
        failure = _failure(*_other_zip(names, mimetype))
    raise failure


def _other_zip(names: set[str], mimetype: bytes) -> tuple[str, str]:
    """Return what a zip file is, and the advice."""
    if mimetype.startswith(b"application/vnd.oasis.opendocument"):
        return (_ODS if b"spreadsheet" in mimetype else _DOCUMENT), _SAVE
    if "xl/workbook.bin" in names:
        return _XLSB, _SAVE
    is_document = "[content_types].xml" in names or "index/document.iwa" in names
    return (_DOCUMENT, _SAVE) if is_document else (_ARCHIVE, _UNPACK)


def _failure(text: str, advice: str) -> Failure:
    """Return the failure for a file that isn't a table."""
    return failure_before_sending("bulk.format", text, advice=advice)
