package op

import (
	"encoding/json"
	"fmt"
)

// AutoInt is a parameter that takes a number, or the text auto.
type AutoInt int64

// Auto is auto. As a number it can't be asked for.
const Auto AutoInt = -1 << 63

// UnmarshalJSON reads a number or "auto".
func (a *AutoInt) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		if s != "auto" {
			return fmt.Errorf("%q is neither a number nor auto", s)
		}
		*a = Auto
		return nil
	}
	return json.Unmarshal(raw, (*int64)(a))
}

// MarshalJSON writes a number or "auto".
func (a AutoInt) MarshalJSON() ([]byte, error) {
	if a == Auto {
		return []byte(`"auto"`), nil
	}
	return json.Marshal(int64(a))
}
