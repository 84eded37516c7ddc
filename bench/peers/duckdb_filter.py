"""filter.yaml in DuckDB: python duckdb_filter.py INPUT OUTPUT THREADS"""
import sys

import duckdb

source, target, threads = sys.argv[1:]
connection = duckdb.connect(config={"threads": int(threads), "preserve_insertion_order": True})
connection.execute(
    f"COPY (SELECT * FROM read_json(?, format = 'newline_delimited', maximum_object_size = 16777216) "
    f"WHERE length(text) BETWEEN 100 AND 100000) TO '{target}' (FORMAT json)",
    [source],
)
