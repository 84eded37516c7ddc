"""filter.yaml in Polars: python polars_filter.py INPUT OUTPUT THREADS

Polars takes the number of threads from POLARS_MAX_THREADS.
"""
import sys

import polars

source, target, _ = sys.argv[1:]
length = polars.col("text").str.len_chars()
polars.scan_ndjson(source).filter(length.is_between(100, 100_000)).sink_ndjson(target)
