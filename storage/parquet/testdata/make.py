"""Writes the Parquet files of this folder with pyarrow; TestPyarrowFiles says what they hold.

Run it in this folder with pyarrow 26: python3 make.py
"""
import datetime as dt
import decimal
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

N = 40


def types():
    def some(f):
        return [None if i % 7 == 3 else f(i) for i in range(N)]

    D = decimal.Decimal
    day = dt.datetime(2024, 2, 28, 23, 59, 58)
    tick = dt.timedelta(hours=7, microseconds=123456)
    cols = {
        "text": pa.array([f"row {i}: naïve café 漢字 \"quoted\" \\ \n\t😀" for i in range(N)]),
        "maybe": pa.array(some(lambda i: "x" * (i % 5))),
        "large": pa.array(some(lambda i: f"large {i}"), pa.large_string()),
        "dict": pa.array(some(lambda i: ["red", "green", "blue"][i % 3])).dictionary_encode(),
        "flag": pa.array(some(lambda i: i % 2 == 0)),
        "i8": pa.array(some(lambda i: i - 20), pa.int8()),
        "i32": pa.array(some(lambda i: (i - 20) * 100_000_007), pa.int32()),
        "i64": pa.array(some(lambda i: (i - 20) * 450_000_000_000_000_007), pa.int64()),
        "u32": pa.array(some(lambda i: i * 107_374_182), pa.uint32()),
        "u64": pa.array(some(lambda i: i * 470_000_000_000_000_001), pa.uint64()),
        "f16": pa.array(some(lambda i: i / 8), pa.float16()),
        "f32": pa.array(some(lambda i: [0.1, 1e30, float("nan"), -0.0, float("-inf"), 16777216][i % 6]), pa.float32()),
        "f64": pa.array(some(lambda i: [0.1, 1e300, float("nan"), -0.0, float("inf"), 1e16 + 2, 5e-324][i % 7])),
        "dec32": pa.array(some(lambda i: D(i - 20) / 100), pa.decimal128(7, 2)),
        "dec128": pa.array(some(lambda i: D(i - 20) * D("1234567890123456789012.345")), pa.decimal128(38, 4)),
        "dec256": pa.array(some(lambda i: D(i - 20) * 10**40), pa.decimal256(60, 0)),
        "date": pa.array(some(lambda i: (day + i * 400 * tick).date())),
        "ms": pa.array(some(lambda i: (day + i * tick).replace(microsecond=1000 * i)), pa.timestamp("ms")),
        "us": pa.array(some(lambda i: day - i * 10000 * tick), pa.timestamp("us", "UTC")),
        "ns": pa.array(some(lambda i: 1709164798123456789 - i * 86399999999999), pa.timestamp("ns", "Europe/Berlin")),
        "time32": pa.array(some(lambda i: i * 2_111_111), pa.time32("ms")),
        "time64": pa.array(some(lambda i: i * 2_111_111_111_111), pa.time64("ns")),
        "bin": pa.array(some(lambda i: bytes(range(i)))),
        "fix": pa.array(some(lambda i: bytes([i]) * 5), pa.binary(5)),
        "uuid": pa.array(some(lambda i: uuid.UUID(int=i * 2**120 + 1).bytes), pa.uuid()),
        "list": pa.array(some(lambda i: None if i % 5 == 4 else [None if j % 3 == 2 else j for j in range(i % 6)])),
        "deep": pa.array(some(lambda i: [[f"{i}.{j}.{k}" for k in range(j)] for j in range(i % 4)])),
        "struct": pa.array(some(lambda i: {"a": i, "b": None if i % 4 == 1 else {"c": str(i), "d": [i] * (i % 3)}})),
        "map": pa.array(some(lambda i: [(f"k{j}", None if j == 1 else j * 0.5) for j in range(i % 4)]), pa.map_(pa.string(), pa.float64())),
        "structs": pa.array(some(lambda i: [{"role": r, "say": [r] * j} for j, r in enumerate(["user", "bot", "tool"][: i % 4])])),
    }
    return pa.table(cols)


def small(n=300):
    return pa.table({
        "text": [f"document number {i} " + "lorem ipsum " * (i % 9) for i in range(n)],
        "id": pa.array(range(n), pa.int64()),
        "score": pa.array([None if i % 5 == 0 else i / 3 for i in range(n)]),
        "kind": pa.array([["a", "b", None][i % 3] for i in range(n)]),
        "tags": pa.array([[f"t{j}" for j in range(i % 4)] for i in range(n)]),
    })


def save(name, table, **o):
    pq.write_table(table, name + ".parquet", **o)


t, s = types(), small()
save("types", t, compression="zstd", row_group_size=16)
save("plain", s, compression="none", use_dictionary=False, row_group_size=120)
save("snappy", s, compression="snappy", data_page_size=1000, row_group_size=200)
save("gzip_v2", s, compression="gzip", data_page_version="2.0", data_page_size=1000)
save("brotli", s, compression="brotli")
save("lz4", s, compression="lz4")
save("crc", s, compression="zstd", write_page_checksum=True, data_page_size=2000)
save("delta", s.drop_columns(["kind"]), compression="none", use_dictionary=False, data_page_version="2.0",
     column_encoding={"text": "DELTA_BYTE_ARRAY", "id": "DELTA_BINARY_PACKED", "score": "BYTE_STREAM_SPLIT",
                      "tags.list.element": "DELTA_LENGTH_BYTE_ARRAY"})
save("int96", pa.table({"t": pa.array([0, None, 1709164798123456789, -86400 * 10**9 * 365 * 100], pa.timestamp("ns"))}),
     use_deprecated_int96_timestamps=True)
save("empty", s.slice(0, 0))
