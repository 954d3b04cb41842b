# Copyright 2026 seg_node contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Tables of frames as files: parquet, or CSV where pyarrow is not installed."""

from __future__ import annotations

from collections.abc import Iterable
import csv
import io
from pathlib import Path
from typing import Any

from seg_node.errors import UserError
from seg_node.tools.common.files import whole
from seg_node.tools.evaluate.row import ADDED, COLUMNS, Columns

PARQUET, CSV = 'frames.parquet', 'frames.csv'
_LIST = ';'


def has_parquet() -> bool:
    """Say whether parquet can be written."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        return False
    return True


def to_bytes(table: Columns, parquet: bool) -> tuple[str, bytes]:
    """Return name and content of the file of a table."""
    if parquet:
        import pyarrow.parquet
        sink = io.BytesIO()
        pyarrow.parquet.write_table(_arrow(table), sink)
        return PARQUET, sink.getvalue()
    text = io.StringIO()
    _write_csv(text, [table])
    return CSV, text.getvalue().encode()


def read_table(folder: Path) -> Columns:
    """
    Read the table of a folder; what of ADDED it lacks is None.

    :raises UserError: when there is none, or pyarrow is missing.
    """
    if (folder / PARQUET).is_file():
        try:
            import pyarrow.parquet
        except ImportError:
            raise UserError(f'{folder / PARQUET}: reading it needs pyarrow; pip install -r '
                            'requirements/evaluate.txt') from None
        read = pyarrow.parquet.read_table(folder / PARQUET)
        return {name: [None] * read.num_rows
                if name in ADDED and name not in read.column_names
                else read.column(name).to_pylist() for name in COLUMNS}
    try:
        with (folder / CSV).open(encoding='utf-8', newline='') as file:
            lines = list(csv.DictReader(file))
    except OSError as error:
        raise UserError(f'{folder}: has no {PARQUET} and no readable {CSV} '
                        f'({error.strerror})') from None
    return {name: [_parsed(kind, line.get(name, '') if name in ADDED else line[name])
                   for line in lines] for name, kind in COLUMNS.items()}


def write_all(folder: Path, tables: Iterable[Columns], parquet: bool) -> Path:
    """Write many tables into one file of the folder, one after the other; return its path."""
    path = folder / (PARQUET if parquet else CSV)
    with whole(path) as partial:
        if parquet:
            import pyarrow.parquet
            with pyarrow.parquet.ParquetWriter(partial, _schema()) as writer:
                for table in tables:
                    writer.write_table(_arrow(table))
        else:
            with partial.open('w', encoding='utf-8', newline='') as file:
                _write_csv(file, tables)
    (folder / (CSV if parquet else PARQUET)).unlink(missing_ok=True)
    return path


def _schema() -> Any:
    import pyarrow as pa
    kinds = {'str': pa.string(), 'int32': pa.int32(), 'int64': pa.int64(),
             'float32': pa.float32(), 'float64': pa.float64(), 'list': pa.list_(pa.string())}
    return pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])


def _arrow(table: Columns) -> Any:
    import pyarrow as pa
    return pa.Table.from_pydict(table, schema=_schema())


def _write_csv(file: Any, tables: Iterable[Columns]) -> None:
    writer = csv.writer(file, lineterminator='\n')
    writer.writerow(COLUMNS)
    kinds = list(COLUMNS.values())
    for table in tables:
        for values in zip(*(table[name] for name in COLUMNS), strict=True):
            writer.writerow(map(_text, kinds, values))


def _text(kind: str, value: Any) -> str:
    if value is None:
        return ''
    if kind == 'list':
        return _LIST.join(value)
    # Nine digits tell all numbers of 32 bits apart.
    return f'{value:.9g}' if kind == 'float32' else str(value)


def _parsed(kind: str, text: str) -> Any:
    if kind == 'list':
        return text.split(_LIST) if text else []
    if not text:
        return None
    if kind == 'str':
        return text
    if kind in ('int32', 'int64'):
        return int(text)
    if kind == 'float32':
        import numpy as np
        return float(np.float32(text))
    return float(text)
