package docgen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"corpusmill/op"
)

func indexPage(specs []op.Spec) string {
	var b strings.Builder
	b.WriteString("# Operators\n\n" + mark)
	b.WriteString("A recipe names them under `process`, with the names that Data-Juicer gives them; `ray_X` means `X`.\n")
	for _, kind := range []op.Kind{op.KindMapper, op.KindFilter, op.KindDeduplicator} {
		title := kind.String()
		fmt.Fprintf(&b, "\n## %ss\n\n| operator | what it does |\n|---|---|\n", strings.ToUpper(title[:1])+title[1:])
		for _, s := range specs {
			if s.Kind == kind {
				fmt.Fprintf(&b, "| [%s](%s.md) | %s |\n", s.Name, s.Name, cell(s.Summary))
			}
		}
	}
	b.WriteString("\n## Parameters of every operator\n\n")
	if len(specs) > 0 {
		paramTable(&b, specs[0].Params, true)
	}
	return b.String()
}

func operatorPage(s op.Spec) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s%s\n", s.Name, mark, s.Summary)
	if s.Doc != "" {
		b.WriteString("\n" + strings.TrimSpace(s.Doc) + "\n")
	}
	b.WriteString("\n## Parameters\n\n")
	paramTable(&b, s.Params, false)
	for _, a := range s.Aliases {
		fmt.Fprintf(&b, "\n`%s` is another name for it.", a.Name)
		if len(a.Params) > 0 {
			b.WriteString(" It then also takes these, which change nothing.\n\n")
			paramTable(&b, a.Params, false)
		} else {
			b.WriteString("\n")
		}
	}
	b.WriteString("\nIt also has the [parameters of every operator](README.md#parameters-of-every-operator).\n")
	if len(s.Stats) > 0 {
		b.WriteString("\n## Stats\n\n| stat | meaning |\n|---|---|\n")
		for _, st := range s.Stats {
			fmt.Fprintf(&b, "| `%s` | %s |\n", st.Name, cell(st.Doc))
		}
	}
	if len(s.Reasons) > 0 {
		b.WriteString("\n## Reasons to drop a row\n\n")
		for _, r := range s.Reasons {
			b.WriteString("- " + r + "\n")
		}
	}
	if s.CanFail {
		b.WriteString("\nIt may refuse a row, which is then quarantined with the reason.\n")
	}
	b.WriteString("\n## Examples\n")
	for _, e := range s.Examples {
		if err := example(&b, s.Name, e); err != nil {
			return "", err
		}
	}
	fmt.Fprintf(&b, "\n---\n\nVersion %d of the operator: results of another version may differ.\n", s.Version)
	return b.String(), nil
}

func paramTable(b *strings.Builder, params []op.Param, common bool) {
	head := "| parameter | type | default | meaning |\n|---|---|---|---|\n"
	for _, p := range params {
		if p.Common != common {
			continue
		}
		b.WriteString(head)
		head = ""
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", p.Name, paramType(p), code(string(p.Default)), cell(p.Doc))
	}
	if head != "" {
		b.WriteString("None of its own.\n")
	}
}

func paramType(p op.Param) string {
	t := p.Type.String()
	if len(p.Enum) > 0 {
		t = "`" + strings.Join(p.Enum, "`, `") + "`"
	}
	switch {
	case p.Min != nil && p.Max != nil:
		t += fmt.Sprintf(" from %v to %v", *p.Min, *p.Max)
	case p.Min != nil:
		t += fmt.Sprintf(", at least %v", *p.Min)
	case p.Max != nil:
		t += fmt.Sprintf(", at most %v", *p.Max)
	}
	if p.Nullable {
		t += " or null"
	}
	return t
}

// example renders the step as a recipe has it, and the rows before and after.
func example(b *strings.Builder, name string, e op.Example) error {
	doc := strings.TrimSpace(e.Doc)
	if doc == "" {
		doc = "With the defaults:"
	}
	step, err := stepYAML(name, e.Params)
	if err != nil {
		return fmt.Errorf("example %q: %w", e.Doc, err)
	}
	fmt.Fprintf(b, "\n%s\n\n```yaml\nprocess:\n%s```\n", doc, step)
	fmt.Fprintf(b, "\nIn:\n\n```json\n%s\n```\n", strings.TrimRight(e.In, "\n"))
	want := strings.TrimRight(e.Want, "\n")
	if want == "" {
		b.WriteString("\nOut: nothing.\n")
		return nil
	}
	fmt.Fprintf(b, "\nOut:\n\n```json\n%s\n```\n", want)
	return nil
}

func stepYAML(name, params string) (string, error) {
	if params == "" || params == "{}" {
		return "  - " + name + ":\n", nil
	}
	// JSON is YAML: read as nodes, the parameters keep their order.
	if !json.Valid([]byte(params)) {
		return "", fmt.Errorf("parameters are no JSON: %s", params)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(params), &doc); err != nil {
		return "", err
	}
	block(&doc)
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(&doc); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("  - " + name + ":\n")
	for line := range strings.Lines(out.String()) {
		b.WriteString("      " + line)
	}
	return b.String(), nil
}

// block makes mappings of flow style into blocks, and quotes text so that
// backslashes stay as they are.
func block(n *yaml.Node) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Style == yaml.DoubleQuotedStyle && !strings.ContainsFunc(n.Value, unicode.IsControl):
		n.Style = yaml.SingleQuotedStyle
	case n.Kind == yaml.MappingNode:
		n.Style = 0
		for i := 0; i < len(n.Content); i += 2 {
			block(n.Content[i+1])
			n.Content[i].Style = 0
		}
	default:
		for _, c := range n.Content {
			block(c)
		}
	}
}
