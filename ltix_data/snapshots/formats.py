"""How a frame is written down: parquet where pyarrow is installed, else compressed CSV."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import SnapshotError
from .columns import Column, columns

#: The formats there are, by the ending of their files.
FORMATS = ("parquet", "csv.gz")

_MISSING = r"\N"
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\0": r"\0"})
_ESCAPED = {r"\\": "\\", r"\n": "\n", r"\r": "\r", r"\0": "\0"}


def best() -> str:
    """Return the format that new snapshots are written in."""
    try:
        import pyarrow.parquet  # noqa: F401 - only whether it works
    except ImportError:
        return "csv.gz"
    return "parquet"


def written(frame: pd.DataFrame, form: str) -> bytes:
    """Return a frame as the content of a file."""
    return _to_parquet(frame) if form == "parquet" else _to_csv(frame)


def read(content: bytes, form: str, described: Sequence[Column]) -> pd.DataFrame:
    """Return the frame that `written` wrote, with the columns that it had.

    Raises:
        SnapshotError: it is parquet, and pyarrow is not installed.
        ValueError, KeyError, TypeError, OSError, EOFError: it is something else.
    """
    plain = _from_parquet(content, described) if form == "parquet" else _from_csv(content, described)
    return pd.DataFrame({column.name: column.series(plain[column.name]) for column in described})


# --- Parquet --------------------------------------------------------------------------------------


def _to_parquet(frame: pd.DataFrame) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    types = {
        "text": pa.string(),
        "words": pa.string(),
        "tuple": pa.list_(pa.string()),
        "number": pa.float64(),
        "whole": pa.int64(),
        "flag": pa.bool_(),
        "maybe": pa.bool_(),
        "moment": pa.timestamp("us", tz="UTC"),
    }
    arrays = {
        column.name: pa.array(column.plain(frame[column.name]), types[column.kind], from_pandas=True)
        for column in columns(frame)
    }
    file = io.BytesIO()
    parquet.write_table(pa.table(arrays), file, compression="zstd")
    return file.getvalue()


def _from_parquet(content: bytes, described: Sequence[Column]) -> dict[str, Any]:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise SnapshotError(
            "This snapshot is stored as parquet, which needs pyarrow to be read.",
            hint='pip install "ltix-data[parquet]"',
        ) from error
    table = parquet.read_table(io.BytesIO(content), columns=[column.name for column in described])
    return {column.name: _from_arrow(column, table[column.name].combine_chunks()) for column in described}


def _from_arrow(column: Column, array: Any) -> Any:
    if column.kind == "tuple":
        return [None if value is None else tuple(value) for value in array.to_pylist()]
    return array.to_numpy(zero_copy_only=False)


# --- CSV ------------------------------------------------------------------------------------------
# A missing cell is \N, so that a blank text stays one. Line ends are written \n, \r, so that a record is one line.


def _to_csv(frame: pd.DataFrame) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows(zip(*(_cells(column, frame[column.name]) for column in columns(frame)), strict=True))
    return gzip.compress(file.getvalue().encode(), compresslevel=5, mtime=0)


def _cells(column: Column, series: pd.Series[Any]) -> list[str]:
    plain = column.plain(series)
    if column.kind == "moment":
        return list(np.datetime_as_string(plain))
    if column.kind in ("number", "whole", "flag"):
        return [repr(value) for value in plain.tolist()]
    write = _WRITE.get(column.kind, _escaped)
    known = {value: _MISSING if value is None else write(value) for value in set(plain)}  # few differ
    return [known[value] for value in plain]


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


_WRITE: dict[str, Callable[[Any], str]] = {
    "maybe": lambda value: repr(bool(value)),
    "tuple": lambda texts: _escaped(json.dumps(texts, ensure_ascii=False)),
}


def _from_csv(content: bytes, described: Sequence[Column]) -> dict[str, Any]:
    table = pd.read_csv(
        io.BytesIO(content),
        compression="gzip",
        dtype=object,
        na_filter=False,
        low_memory=False,
        skip_blank_lines=False,
        usecols=[column.name for column in described],
        encoding="utf-8",
    )
    return {column.name: _values(column, table[column.name].tolist()) for column in described}


def _values(column: Column, cells: list[str]) -> Any:
    if column.kind == "moment":
        return np.array(cells, dtype="datetime64[us]")
    known = {cell: _READ.get(column.kind, _unescaped)(cell) for cell in set(cells)}
    return [known[cell] for cell in cells]


def _unescaped(cell: str) -> str | None:
    if cell == _MISSING:
        return None
    return re.sub(r"\\.", lambda found: _ESCAPED[found[0]], cell) if "\\" in cell else cell


def _flag(cell: str) -> bool | None:
    return None if cell == _MISSING else {"True": True, "False": False}[cell]


def _texts(cell: str) -> tuple[str, ...] | None:
    text = _unescaped(cell)
    return None if text is None else tuple(json.loads(text))


_READ: dict[str, Callable[[str], Any]] = {
    "number": float,
    "whole": int,
    "flag": _flag,
    "maybe": _flag,
    "tuple": _texts,
}
