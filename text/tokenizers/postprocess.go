package tokenizers

import "encoding/json"

// readPostProcessor returns the ids that stand around a single text.
func readPostProcessor(p part) (before, after []uint32, err error) {
	parts, err := p.flatten("processors", 0)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range parts {
		b, a, err := readProcessor(p)
		if err != nil {
			return nil, nil, err
		}
		before, after = append(b, before...), append(after, a...)
	}
	return before, after, nil
}

func readProcessor(p part) (before, after []uint32, err error) {
	kind, err := p.kind()
	if err != nil {
		return nil, nil, err
	}
	switch kind {
	case "ByteLevel":
		return nil, nil, nil
	case "BertProcessing", "RobertaProcessing":
		var v struct{ Sep, Cls []json.RawMessage }
		if err := p.decode(&v); err != nil {
			return nil, nil, err
		}
		ends := [2]uint32{}
		for i, pair := range [][]json.RawMessage{v.Cls, v.Sep} {
			if len(pair) != 2 || json.Unmarshal(pair[1], &ends[i]) != nil {
				return nil, nil, p.fail(`sep and cls are not of the form ["token", id]`)
			}
		}
		return ends[:1:1], ends[1:], nil
	case "TemplateProcessing":
		return readTemplate(p)
	}
	return nil, nil, p.unknown(kind)
}

func readTemplate(p part) (before, after []uint32, err error) {
	var v struct {
		Single []struct {
			SpecialToken *struct{ ID string }
			Sequence     *struct{ ID string }
		}
		Special map[string]struct{ IDs []uint32 } `json:"special_tokens"`
	}
	if err := p.decode(&v); err != nil {
		return nil, nil, err
	}
	met := false
	for _, piece := range v.Single {
		switch {
		case piece.Sequence != nil && piece.Sequence.ID == "A" && !met:
			met = true
		case piece.SpecialToken != nil:
			s, ok := v.Special[piece.SpecialToken.ID]
			if !ok {
				return nil, nil, p.fail("special_tokens lacks %.40q", piece.SpecialToken.ID)
			}
			if met {
				after = append(after, s.IDs...)
			} else {
				before = append(before, s.IDs...)
			}
		default:
			return nil, nil, p.fail("single has a piece that is neither a special token nor the one text")
		}
	}
	if !met {
		return nil, nil, p.fail("single lacks the text")
	}
	return before, after, nil
}
