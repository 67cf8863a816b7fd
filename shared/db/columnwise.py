"""Many rows in one statement that has the same text for any number of them.

``insert(table).values([...])`` is compiled anew for each number of rows, and PostgreSQL plans it
anew as well; here each column goes as one array.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert, insert


def insert_columns(table: sa.Table, names: Sequence[str]) -> Insert:
    """Return an insert whose parameters are those of ``columns_of``; rows go in their order."""
    arrays = [sa.bindparam(f"all_{name}", type_=sa.ARRAY(table.c[name].type)) for name in names]
    rows = sa.func.unnest(*arrays).table_valued(*names).render_derived()
    return insert(table).from_select(list(names), sa.select(*(rows.c[name] for name in names)))


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return rows of the same columns as the parameters of ``insert_columns``."""
    return {f"all_{name}": [row[name] for row in rows] for name in rows[0]}
