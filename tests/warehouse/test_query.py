import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from warehouse.errors import WarehouseError
from warehouse.output import TABLE_ROWS, WRITERS
from warehouse.query import DIALECTS, Answer, ask

secret = "a Python variable"


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "lyre.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table t as select range as n from range(3)")
    return path


def answer(warehouse: Path, sql: str, **how: object) -> list[tuple[object, ...]]:
    with ask(warehouse, sql, **how) as answer:
        return list(answer.rows)


def write(kind: str, warehouse: Path, sql: str) -> str:
    out = io.StringIO()
    with ask(warehouse, sql) as answer:
        WRITERS[kind](answer, out)
    return out.getvalue()


def test_a_select_is_answered(warehouse: Path) -> None:
    with ask(warehouse, "select n, n * 2 as twice from t order by n;") as got:
        assert got.columns == ["n", "twice"]
        assert list(got.rows) == [(0, 0), (1, 2), (2, 4)]


@pytest.mark.parametrize("sql", ["from t", "with x as (from t) from x", "describe t"])
def test_other_words_for_select_are_answered(warehouse: Path, sql: str) -> None:
    assert answer(warehouse, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "drop table t",
        "insert into t values (4)",
        "update t set n = 0",
        "create table u as select 1",
        "create temp table u as select 1",
        "copy t to 'there.csv'",
        "export database 'there'",
        "attach 'other.duckdb'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "reset lock_configuration",
        "pragma database_list",
        "call pragma_version()",
        "checkpoint",
        "begin",
        "prepare p as select 1",
        "explain analyze select 1",
        "/* select */ copy t to 'there.csv'",
        "-- select\ncopy (select 1) to 'there.csv'",
        "copy t from 'there.csv'",
        "import database 'there'",
        "attach 'other.duckdb' as o (read_only)",
        "detach lyre",
        "use memory",
        "force install sqlite",
        "load 'there.duckdb_extension'",
        "update extensions",
        "set global enable_external_access = true",
        "set allowed_paths = ['/etc/passwd']",
        "set variable x = 1",
        "pragma enable_profiling",
        "pragma profiling_output = 'there'",
        "call enable_logging()",
        "create macro m() as 1",
        "create secret (type s3)",
        "truncate t",
        "delete from t",
        "alter table t add column x int",
        "merge into t using t as s on true when matched then delete",
        "comment on table t is 'x'",
        "vacuum",
        "force checkpoint",
        "execute p",
        "explain select 1",
    ],
)
def test_everything_else_is_refused(warehouse: Path, sql: str) -> None:
    with pytest.raises(WarehouseError, match="is refused"):
        answer(warehouse, sql)
    assert answer(warehouse, "select count(*) from t") == [(3,)]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{file}')",
        "select * from read_text('{file}')",
        "select * from read_blob('{file}')",
        "select * from '{file}'",
        "select * from glob('{folder}/*')",
        "select * from 'https://example.org/x.csv'",
        "select * from secret",
        "select * from sqlite_scan('{file}', 't')",
        "select * from duckdb_secrets(), read_text('{file}')",
        "select * from read_csv_auto('{file}')",
        "select * from sniff_csv('{file}')",
        "select * from read_json('{file}')",
        "select * from read_ndjson_objects('{file}')",
        "select * from read_parquet('{file}')",
        "select * from parquet_metadata('{file}')",
        "select * from '{folder}/*.csv'",
        'select * from "{file}"',
        "select * from 'file://{file}'",
        "select * from read_text('/proc/self/environ')",
        "select getenv('HOME')",
        "select * from which_secret('s3://x', 's3')",
        "select * from query('select * from read_text(''{file}'')')",
        "select * from query_table('{file}')",
        "from query('copy t to ''{folder}/there.csv''')",
        "with x as (select * from read_text('{file}')) from x",
        "select (select content from read_text('{file}'))",
        "select list_transform([1], lambda x: (select content from '{file}'))",
        "select * from t, lateral (select * from read_text('{file}'))",
        "describe select * from read_text('{file}')",
        "summarize '{file}'",
        "select * from json_execute_serialized_sql("
        "json_serialize_sql('select * from read_text(''{file}'')'))",
        "select * from arrow_scan(1, 2, 3)",
        "select * from postgres_scan('host=localhost', 'a', 'b')",
        "select * from st_read('{file}')",
        "select * from http_get('http://example.org')",
        "with x as (insert into t values (9) returning n) from x",
        "with x as (copy t to '{folder}/there.csv') select 1",
        "pragma import_database('{folder}')",
    ],
)
def test_nothing_else_is_in_reach(warehouse: Path, sql: str) -> None:
    file = warehouse.with_name("private.csv")
    file.write_text("word\nhush\n")
    before = set(file.parent.iterdir())
    text = sql.format(file=file, folder=file.parent)
    for dialect in DIALECTS:
        with pytest.raises(WarehouseError) as refusal:
            answer(warehouse, text, dialect=dialect)
        assert "hush" not in str(refusal.value)
    assert set(file.parent.iterdir()) == before
    assert answer(warehouse, "select count(*) from t") == [(3,)]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select 1; drop table t", "2 statements"),
        ("", "0 statements"),
        ("selec n from t", "syntax error"),
        ("select m from t", 'column "m" not found'),
        ("select error('no')", "no"),
        ("select 1\0; drop table t", "2 statements"),
        ("select '\udc80'", "not valid UTF-8"),
        (f"select {'(' * 9000}1{')' * 9000}", "expression depth"),
        (f"select {'not ' * 9000}true", "expression depth"),
    ],
)
def test_mistakes_are_one_sentence(warehouse: Path, sql: str, said: str) -> None:
    with pytest.raises(WarehouseError, match=said) as refusal:
        answer(warehouse, sql)
    assert "\n" not in str(refusal.value)


def test_the_time_limit_holds(warehouse: Path) -> None:
    slow = "select count(*) from range(1000000) a, range(1000000) b where a.range > 9"
    with pytest.raises(WarehouseError, match=r"stopped after 0\.2 s"):
        answer(warehouse, slow, seconds=0.2)


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_limit_of_centuries_is_one(warehouse: Path) -> None:
    assert answer(warehouse, "select 1", seconds=1e300) == [(1,)]


def test_other_dialects_are_translated(warehouse: Path) -> None:
    assert answer(warehouse, "select ifnull(null, 7)", dialect="sqlite") == [(7,)]
    like = "select 'Hip-Hop' like '%hop%', 'rock' not like 'ROCK'"
    assert answer(warehouse, like, dialect="sqlite") == [(True, False)]
    assert answer(warehouse, like, dialect="postgres") == [(False, True)]
    with pytest.raises(WarehouseError, match="is refused"):
        answer(warehouse, "drop table t", dialect="postgres")
    with pytest.raises(WarehouseError, match="no dialect 'klingon'"):
        answer(warehouse, "select 1", dialect="klingon")


@pytest.mark.parametrize(
    "sql", [f"select {'(' * 9000}1", "select '\udc80'", "select select 1", "select 'x"]
)
def test_no_text_breaks_the_translation(warehouse: Path, sql: str) -> None:
    for dialect in DIALECTS:
        with pytest.raises(WarehouseError) as refusal:
            answer(warehouse, sql, dialect=dialect)
        assert "\n" not in str(refusal.value)
        assert "\x1b" not in str(refusal.value)


def test_csv_is_read_back_as_it_was(warehouse: Path) -> None:
    text = write("csv", warehouse, "select 'a,\"b\"' as x, null as y, ['é', 'b'] as z")
    assert list(csv.reader(io.StringIO(text))) == [
        ["x", "y", "z"],
        ['a,"b"', "", '["é", "b"]'],
    ]
    text = write("csv", warehouse, "select 'a' || chr(13) || 'b' as x, 1 as y")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["x", "y"],
        ["a\rb", "1"],
    ]


def test_json_is_read_back_as_it_was(warehouse: Path) -> None:
    sql = (
        "select n, null as nothing, ['a'] as tags, date '2020-01-02' as day, "
        "'x'::blob as bytes from t where n > 0 order by n"
    )
    first = {
        "n": 1,
        "nothing": None,
        "tags": ["a"],
        "day": "2020-01-02",
        "bytes": "78",
    }
    assert json.loads(write("json", warehouse, sql)) == [first, first | {"n": 2}]
    assert json.loads(write("json", warehouse, "from t where n > 9")) == []


def test_json_loses_no_column_of_a_repeated_name(warehouse: Path) -> None:
    with pytest.raises(WarehouseError, match="2 columns are called 'n'"):
        write("json", warehouse, "select n, n from t")
    assert write("csv", warehouse, "select n, n from t").startswith("n,n\n")


def test_json_says_what_it_has_no_word_for(warehouse: Path) -> None:
    sql = (
        "select 1.5 as decimal, 1 / 0 as endless, 'nan'::double as nan, "
        "[0.25, 'inf'::double] as many, map {date '2020-01-02': 1} as days, "
        "map {7: 0.5} as numbers, {'a': time '10:00'} as at"
    )
    assert json.loads(write("json", warehouse, sql), parse_constant=pytest.fail) == [
        {
            "decimal": 1.5,
            "endless": "inf",
            "nan": "nan",
            "many": [0.25, "inf"],
            "days": {"2020-01-02": 1},
            "numbers": {"7": 0.5},
            "at": {"a": "10:00:00"},
        }
    ]
    text = write("csv", warehouse, "select [1.5] as many, map {date '2020-01-02': 1}")
    assert list(csv.reader(io.StringIO(text)))[1] == ["[1.5]", '{"2020-01-02": 1}']


def test_a_table_says_what_it_leaves_out(warehouse: Path) -> None:
    short = write("table", warehouse, "select '[b]x[/b]' as a, null as b")
    assert "[b]x[/b]" in short
    assert "NULL" in short
    long = write("table", warehouse, f"from range({TABLE_ROWS + 1})")
    assert f"The first {TABLE_ROWS} rows" in long
    assert "The first" not in write("table", warehouse, f"from range({TABLE_ROWS})")


def test_a_tag_gives_a_terminal_no_orders(warehouse: Path) -> None:
    shown = write("table", warehouse, "select chr(27) || '[2Jrock' as \"\x1b]0;t\"")
    assert "\\x1b[2Jrock" in shown
    assert "\x1b" not in shown


def test_rows_are_read_in_pieces() -> None:
    out = io.StringIO()
    WRITERS["csv"](Answer(["n"], iter([(1,), (2,)])), out)
    assert out.getvalue() == "n\n1\n2\n"


class TestCommand:
    @staticmethod
    def run(*words: str, said: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "warehouse", *words],
            input=said,
            capture_output=True,
            text=True,
            check=False,
        )

    def test_standard_input_and_files(self, warehouse: Path) -> None:
        place = ("--warehouse", str(warehouse), "--format", "csv")
        file = warehouse.with_name("q.sql")
        file.write_text("select max(n) as m from t")
        assert self.run("query", "-", *place, said="select 1 as a").stdout == "a\n1\n"
        assert self.run("query", "--file", str(file), *place).stdout == "m\n2\n"

    def test_errors_end_with_2(self, warehouse: Path) -> None:
        done = self.run("query", "drop table t", "--warehouse", str(warehouse))
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert self.run("query", "--warehouse", str(warehouse)).returncode == 2
        file = warehouse.with_name("q.sql")
        file.write_bytes(b"select '\xe9'")
        done = self.run("query", "--file", str(file), "--warehouse", str(warehouse))
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)

    def test_a_file_takes_the_rows(self, warehouse: Path) -> None:
        place = ("--warehouse", str(warehouse))
        out = warehouse.with_name("rows.csv")
        self.run("query", "from t", *place, "--format", "csv", "--out", str(out))
        assert out.read_text() == "n\n0\n1\n2\n"
        no_folder = str(warehouse.with_name("nowhere") / "rows.csv")
        for kind in ("csv", "parquet"):
            done = self.run(
                "query", "from t", *place, "--format", kind, "--out", no_folder
            )
            assert done.returncode == 2
            assert "cannot be written" in done.stderr
            assert done.stderr.count("\n") == 1

    def test_parquet_keeps_the_types(self, warehouse: Path) -> None:
        sql = "select n, ['a', null] as tags, date '2020-01-02' as day from t"
        place = ("--warehouse", str(warehouse), "--format", "parquet")
        assert "--out FILE" in self.run("query", sql, *place).stderr
        out = warehouse.with_name("rows.parquet")
        done = self.run("query", sql, *place, "--out", str(out))
        assert done.returncode == 0, done.stderr
        with duckdb.connect() as connection:
            there = connection.execute(f"from '{out}'").fetchall()
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            assert there == connection.execute(sql).fetchall()
        assert (
            "is refused"
            in self.run("query", "drop table t", *place, "--out", str(out)).stderr
        )
