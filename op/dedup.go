package op

import "corpusmill/record"

// GroupBy is what the keys of a Deduplicator say about its rows.
type GroupBy string

const (
	// ByKey is for one key a row: rows that share it are duplicates, and the
	// first in input order stays.
	ByKey GroupBy = "key"
	// ByCluster is for several keys a row: rows that share one are duplicates,
	// and so are the duplicates of duplicates. Of such a cluster the first row
	// in input order stays.
	ByCluster GroupBy = "cluster"
	// ByPart is for a key per part of a row: parts that are in too many rows
	// are taken out of all of them by a Trimmer. Every row stays.
	ByPart GroupBy = "part"
)

// Grouping is what becomes of rows that share a key. It is part of the plan.
type Grouping struct {
	By GroupBy `json:"by"`
	// Match says, for ByCluster, that a bucket is Key.Hi alone, and that of
	// its rows only those are duplicates whose Key.Lo the Matcher matches.
	Match bool `json:"match,omitempty"`
	// MaxRows is, for ByPart, how many rows may have a part that stays.
	MaxRows int64 `json:"max_rows,omitempty"`
	// Verify says, for ByCluster, that each row of a cluster is compared with
	// the rows that stay, and stays too when it is like none of them.
	Verify bool `json:"verify,omitempty"`
	// Keys is how many keys a row has, 0 when that isn't fixed.
	Keys int64 `json:"keys,omitempty"`
	// Recall is the share of pairs of rows, just alike enough to be duplicates,
	// that are expected to share a key; 0 when that isn't known.
	Recall float64 `json:"expected_recall,omitempty"`
	// Against is the folder of an index whose rows come before all others.
	Against string `json:"against,omitempty"`
}

// Grouped is the Operator of a Deduplicator that isn't ByKey.
type Grouped interface {
	Operator
	Grouping() Grouping
}

// Matcher is a Grouped operator whose Grouping has Match.
type Matcher interface {
	Match(a, b uint64) bool
}

// Comparer is an instance of a Deduplicator that can compare two rows itself.
type Comparer interface {
	// Payload appends what Similarity compares of r.
	Payload(r *record.Record, dst []byte) ([]byte, error)
	// Similarity is that of two rows by their payloads, from 0 to 1, and
	// whether it makes them duplicates.
	Similarity(a, b []byte) (similarity float64, same bool)
}

// Trimmer is an instance of a Deduplicator ByPart.
type Trimmer interface {
	// Trim takes parts out of r, by the places of their keys in what Keys
	// appended for this row, in order.
	Trim(r *record.Record, parts []uint32) error
}
