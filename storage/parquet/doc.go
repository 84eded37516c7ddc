// Package parquet reads Parquet files as records and writes rows as Parquet.
//
// Values take one JSON form, which reading produces and writing with the same
// schema turns back without loss:
//
//	integers                 number, exact
//	float, double, float16   shortest number that reads back the same, always with a point or an exponent;
//	                         "NaN", "Infinity", "-Infinity" (the bits of a NaN are not kept)
//	boolean                  true, false
//	string, enum, json       string
//	binary, fixed, interval  string, base64
//	uuid                     string, 8-4-4-4-12 hexadecimal digits
//	decimal                  string, with all digits of its scale
//	date                     string, 2006-01-02; years outside 0 to 9999 have a sign
//	time                     string, 15:04:05 and 3, 6 or 9 digits as its unit says
//	timestamp                string, 2006-01-02T15:04:05 and 3, 6 or 9 digits; "Z" when it counts from UTC
//	int96                    string as a timestamp of 9 digits
//	time, int96 out of range number, the stored integer
//	list                     list
//	map                      list of {"key":k,"value":v}, which keeps order and repeated keys
//	struct                   object with all members, null ones as null
//
// Read Format for the way in, Sketch and Writer for the way out.
package parquet
