package op

import "encoding/json"

// OneOrMore is a parameter that takes a text or a list of texts. An empty text
// is an empty list. Its JSON is a text where one says it all.
type OneOrMore []string

// UnmarshalJSON reads a text or a list of texts.
func (o *OneOrMore) UnmarshalJSON(raw []byte) error {
	if len(raw) == 0 || raw[0] != '"' {
		return json.Unmarshal(raw, (*[]string)(o))
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	*o = nil
	if s != "" {
		*o = OneOrMore{s}
	}
	return nil
}

// MarshalJSON writes a text, or a list when there are several.
func (o OneOrMore) MarshalJSON() ([]byte, error) {
	switch len(o) {
	case 0:
		return []byte(`""`), nil
	case 1:
		return json.Marshal(o[0])
	}
	return json.Marshal([]string(o))
}
