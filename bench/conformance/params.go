package main

import (
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"corpusmill/op"
)

// values are what parameters may be given whose type says too little, by name
// or by operator and name. Those of one value always have it.
var values = map[string][]any{
	"pattern": {
		`[0-9]+`, `\s{2,}`, `(?i)the\b`, `(\w+)@(\w+)`, `[^\x00-\x7f]`, `^.*?$`, `(?<=a)b|c(?!d)`, `\bis\b`, `(a)|(b)`, `(?m)^\W+`, `.`, `x*`,
	},
	"repl":                          {"", "<X>", `\g<0>!`, "é", `\\`, "$1", `\n`},
	"normalization":                 {"NFC", "NFKC", "NFD", "NFKD", "nfkc"},
	"lang":                          {"en", "zh"},
	"stopwords_filter.lang":         {"en", "zh", "fr", "all"},
	"flagged_words_filter.lang":     {"en", "zh", "fr", "all"},
	"language_id_score_filter.lang": {"en", "zh", "", []string{"en", "fr"}, []string{"zh"}},
	"stopwords_dir":                 {wordLists},
	"flagged_words_dir":             {wordLists},
	"words_aug_group_sizes":         {[]int{2}, []int{1}, []int{2, 3}, []int{3, 1}},
	"words_aug_join_char":           {"", " ", "_", "-"},
	"ignore_pattern":                {`\p{P}`, `[0-9]+`, `\s`, `(?i)the `, `[^\w ]`},
	"tokenizer_model":               {models + "/en.sp.model"},
	"frequency_threshold":           {1, 2, 3, 6},
	"min_line_length":               {0, 1, 2, 5, 20},
	"window_size":                   {1, 2, 3, 5, 8},
}

// together are parameters that are drawn as one, or not at all.
var together = map[string][]map[string]any{
	"document_minhash_deduplicator": {
		{}, {"num_permutations": 64}, {"num_permutations": 128, "num_bands": 16, "num_rows_per_band": 8},
		{"num_bands": 50, "num_rows_per_band": 5}, {"num_bands": 256, "num_rows_per_band": 1},
	},
	"document_simhash_deduplicator": {
		{}, {"num_blocks": 4, "hamming_distance": 3}, {"num_blocks": 2, "hamming_distance": 1}, {"num_blocks": 8, "hamming_distance": 5},
	},
}

// unset are left at their defaults: what they ask for is not a matter of the
// rows, or needs models that testdata lacks.
var unset = []string{"stats_export_path", "alphanumeric_filter.tokenization"}

// randomParams draws parameters of an operator. Every one keeps its default
// half of the time; a lower bound is drawn with its upper one.
func randomParams(spec op.Spec, rng *rand.Rand) map[string]any {
	params := map[string]any{}
	set := func(p op.Param) {
		if v := randomValue(spec.Name, p, rng); v != nil {
			params[p.Name] = v
		}
	}
	sets, taken := together[spec.Name], map[string]bool{}
	for _, set := range sets {
		for name := range set {
			taken[name] = true
		}
	}
	if sets != nil {
		maps.Copy(params, sets[rng.IntN(len(sets))])
	}
	for _, p := range spec.Params {
		choice := choices(spec.Name, p.Name)
		switch {
		case p.Common, taken[p.Name], slices.Contains(unset, p.Name), slices.Contains(unset, spec.Name+"."+p.Name):
		case len(choice) == 1:
			params[p.Name] = choice[0]
		case rng.IntN(2) == 0:
			set(p)
			if i := slices.IndexFunc(spec.Params, func(q op.Param) bool { return q.Name == otherBound(p.Name) }); i >= 0 {
				set(spec.Params[i])
			}
		}
	}
	orderBounds(params)
	if lang, ok := params["lang"].(string); ok && params["tokenization"] == true && lang != "en" && lang != "zh" {
		params["lang"] = "en" // there is no model of others
	}
	return params
}

func choices(operator, name string) []any {
	if list, ok := values[operator+"."+name]; ok {
		return list
	}
	return values[name]
}

// otherBound names the other end of a range; "" for what bounds none.
func otherBound(name string) string {
	if rest, ok := strings.CutPrefix(name, "min_"); ok {
		return "max_" + rest
	}
	if rest, ok := strings.CutPrefix(name, "max_"); ok {
		return "min_" + rest
	}
	return ""
}

// orderBounds swaps bounds that are the wrong way round.
func orderBounds(params map[string]any) {
	for name, v := range params {
		if hi := otherBound(name); strings.HasPrefix(name, "min_") && params[hi] != nil && number(v) > number(params[hi]) {
			params[name], params[hi] = params[hi], v
		}
	}
}

func number(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

// randomValue is nil for a parameter of which no value is known.
func randomValue(operator string, p op.Param, rng *rand.Rand) any {
	if list := choices(operator, p.Name); list != nil {
		return list[rng.IntN(len(list))]
	}
	if len(p.Enum) > 0 {
		return p.Enum[rng.IntN(len(p.Enum))]
	}
	var drawn float64
	switch p.Type {
	case op.TypeBool:
		return string(p.Default) != "true"
	case op.TypeInt:
		drawn = math.Floor(math.Exp(rng.Float64() * math.Log(300)))
	case op.TypeFloat:
		switch {
		case strings.HasSuffix(p.Name, "_ppl"):
			drawn = math.Round(10*math.Exp(rng.Float64()*math.Log(1e5))) / 10
		default:
			drawn = float64(rng.IntN(41)) / 40 // shares of small counts meet their bounds
		}
	default:
		return nil
	}
	if p.Min != nil {
		drawn = max(drawn, *p.Min)
	}
	if p.Max != nil {
		drawn = min(drawn, *p.Max)
	}
	if p.Type == op.TypeInt {
		return int64(drawn)
	}
	return drawn
}

// encode gives parameters as JSON, the keys sorted. Drawn are strings, finite
// numbers and lists of them, which always encode.
func encode(params map[string]any) json.RawMessage {
	b, _ := json.Marshal(params)
	return b
}
