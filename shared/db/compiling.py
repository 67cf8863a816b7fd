"""Turns SQLAlchemy's statements into text and arguments for asyncpg, each shape compiled once."""

# ruff: noqa: SLF001 -- SQLAlchemy has no public way to a statement it compiled before

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.util import LRUCache

SHAPES_KEPT: Final = 2000
SHAPE: Final = "cyclades_shape"
FLOAT8: Final = 701
Values = Mapping[str, Any]
Processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Ready:
    """A statement as asyncpg takes it, with one set of arguments per execution."""

    sql: str
    arguments: Sequence[Sequence[Any]]
    columns: SimpleResultMetaData | None  # None: known by the names in the answer, if at all


class _Shape:
    """What does not change from one execution of a statement to the next."""

    def __init__(self, compiled: Any, dialect: Dialect) -> None:
        if compiled.insert_prefetch or compiled.update_prefetch:
            raise TypeError("BUG: defaults of columns belong into the database.")
        self.compiled = compiled
        self.is_expanding = bool(compiled.post_compile_params or compiled.literal_execute_params)
        self.processors: Mapping[str, Processor] = compiled._bind_processors
        self.order: Sequence[tuple[str, Processor | None]] = [
            (name, self.processors.get(name)) for name in compiled.positiontup or ()
        ]
        self.columns = _columns_of(compiled, dialect)

    def ready(self, many: Sequence[Values], extracted: Any, collected: Any) -> Ready:
        """Return the statement with the values of these executions."""
        sets = [
            self.compiled.construct_params(
                values or None,
                extracted_parameters=extracted,
                escape_names=False,
                _group_number=number,
                _collected_params=collected,
            )
            for number, values in enumerate(many)
        ]
        if not self.is_expanding:
            return Ready(self.compiled.string, [_in(self.order, one) for one in sets], self.columns)
        (only,) = sets
        expanded = self.compiled._process_parameters_for_postcompile(only)
        processors = {**self.processors, **expanded.processors}
        order = [(name, processors.get(name)) for name in expanded.positiontup]
        both = {**only, **expanded.parameters}
        return Ready(expanded.statement, [_in(order, both)], self.columns)


def _in(order: Sequence[tuple[str, Processor | None]], values: Values) -> list[Any]:
    return [values[name] if with_ is None else with_(values[name]) for name, with_ in order]


def _columns_of(compiled: Any, dialect: Dialect) -> SimpleResultMetaData | None:
    found = compiled._result_columns
    if not found:
        return None
    processors = [each.type._cached_result_processor(dialect, _oid(each.type)) for each in found]
    return SimpleResultMetaData(
        [each.keyname for each in found],
        extra=[each.objects for each in found],
        _processors=processors if any(processors) else None,
    )


def _oid(kind: Any) -> int | None:
    """Return what asyncpg calls the type, for the one that SQLAlchemy wants to know of."""
    return FLOAT8 if isinstance(kind, sa.Float) else None


class Compiler:
    """Compiles for one database; what it compiled it knows again."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._cache: LRUCache[Any, Any] = LRUCache(SHAPES_KEPT)

    def __call__(self, statement: sa.Executable, parameters: Any = None) -> Ready:
        """Return the statement ready to be run.

        Args:
            statement: anything of SQLAlchemy Core.
            parameters: values by name, or a sequence of such for as many executions.
        """
        many: Sequence[Values] = [parameters or {}] if _is_one(parameters) else parameters
        element: Any = statement
        compiled, extracted, collected, _ = element._compile_w_cache(
            self._dialect,
            compiled_cache=self._cache,
            column_keys=sorted(many[0]),
            for_executemany=len(many) > 1,
            schema_translate_map=None,
        )
        shape: _Shape | None = getattr(compiled, SHAPE, None)
        if shape is None:  # it lives as long as what it was made of
            shape = _Shape(compiled, self._dialect)
            setattr(compiled, SHAPE, shape)
        return shape.ready(many, extracted, collected)


def _is_one(parameters: Any) -> bool:
    return not parameters or isinstance(parameters, Mapping)
