// Package all links the operators that the binary has.
package all

import (
	_ "corpusmill/op/dedup"
	_ "corpusmill/op/filter"
	_ "corpusmill/op/mapper"
)
