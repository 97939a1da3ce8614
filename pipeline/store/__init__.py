"""The warehouse's files and tables, as the rest of the pipeline uses them.

Belongs here: the names that others may use. Not here: code, and the lake, whose libraries are an extra (``open``).
"""

from pipeline.store.connect import RUN_LOCK_WAIT_SECONDS, Connection, connect, run_lock, transaction
from pipeline.store.embedded import SIMULATED_PREFIX, Store
from pipeline.store.reader import CSV_INSTANT, ask, columns_of, export, export_select, files
from pipeline.store.sql import (
    appended,
    checks,
    definitions,
    read_sql,
    reference_file,
    reference_files,
    references,
    select_file,
    select_of,
    selects,
    sql_files,
)
from pipeline.store.tables import (
    SHOWN_FAILING_ROWS,
    FailingRows,
    append,
    append_rows,
    checksum,
    columns,
    count,
    count_aliases,
    delete,
    delete_unused,
    duplicated_keys,
    failing_rows,
    has_other_columns,
    keep,
    newest,
    read,
    rows,
    stated_columns,
    table,
    table_names,
    values,
)
