package plan

import (
	"fmt"
	"slices"

	"corpusmill/models"
)

// Model is a model file that steps use. Every process of the run uses the
// file at Path, whatever its own folders hold. A stand-in has no Path.
type Model struct {
	Name string `json:"name"`
	Path string `json:"path,omitempty"` // absolute
	Hash string `json:"xxh3_128"`
	// For is the file that a stand-in stands for, and Note says which step has
	// it, and where the file was looked for.
	For  string `json:"stands_for,omitempty"`
	Note string `json:"note,omitempty"`
}

// String says what it is and what it holds.
func (m Model) String() string {
	if m.For != "" {
		return fmt.Sprintf("%s in place of %s, hash %s", m.Name, m.For, m.Hash)
	}
	return fmt.Sprintf("%s with the hash %s", m.Path, m.Hash)
}

// choose finds a model in folders and notes it in the plan.
func (p *Plan) choose(name string, folders []string) (path string, err error) {
	if i := p.findModel(name); i >= 0 {
		return p.Models[i].Path, nil
	}
	if path, err = models.Find(name, folders); err != nil {
		return "", err
	}
	hash, err := models.Hash(path)
	if err != nil {
		return "", err
	}
	p.Models = append(p.Models, Model{Name: name, Path: path, Hash: hash})
	return path, nil
}

// chosen returns the path of a model of the plan. The error says that it has
// changed since.
func (p *Plan) chosen(name string) (path string, err error) {
	i := p.findModel(name)
	if i < 0 {
		return "", fmt.Errorf("not in the plan: %w", &models.NotFound{Name: name})
	}
	m := p.Models[i]
	hash, err := models.Hash(m.Path)
	if err != nil {
		return "", fmt.Errorf("the model %s can't be read: %w", name, err)
	}
	if hash != m.Hash {
		return "", fmt.Errorf("the model %s has changed since the run was planned: %s had the hash %s and has %s; put it back, or start anew", name, m.Path, m.Hash, hash)
	}
	return m.Path, nil
}

func (p *Plan) findModel(name string) int {
	return slices.IndexFunc(p.Models, func(m Model) bool { return m.Name == name })
}

// diffModels compares what the models hold; where they lie may differ.
func diffModels(old, now *Plan) []string {
	var out []string
	for _, m := range now.Models {
		if i := old.findModel(m.Name); i < 0 {
			out = append(out, fmt.Sprintf("model %s: wasn't used, is %s", m.Name, m))
		} else if was := old.Models[i]; was.Hash != m.Hash {
			out = append(out, fmt.Sprintf("model %s: was %s, is %s", m.Name, was, m))
		}
	}
	for _, was := range old.Models {
		if now.findModel(was.Name) < 0 {
			out = append(out, fmt.Sprintf("model %s: was %s, isn't used", was.Name, was))
		}
	}
	return out
}
