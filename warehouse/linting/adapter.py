"""What sqlfluff is to take for dbt's `adapter`: it chooses DuckDB's macros."""

from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context


@pass_context
def dispatch(context: Context, name: str) -> Any:
    """Return the macro that dbt takes where a dialect has none of its own."""
    return context.resolve(f"default__{name}")
