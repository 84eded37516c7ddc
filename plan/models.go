package plan

import (
	"fmt"
	"slices"

	"corpusmill/models"
)

// Model is a model file that steps use. Every process of the run uses the
// file at Path, whatever its own folders hold.
type Model struct {
	Name string `json:"name"`
	Path string `json:"path"` // absolute
	Hash string `json:"xxh3_128"`
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
	p.Models = append(p.Models, Model{name, path, hash})
	return path, nil
}

// chosen returns the path of a model of the plan. The error says that it has
// changed since.
func (p *Plan) chosen(name string) (path string, err error) {
	i := p.findModel(name)
	if i < 0 {
		return "", fmt.Errorf("the plan has no model %s", name)
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
		if i := old.findModel(m.Name); i >= 0 && old.Models[i].Hash != m.Hash {
			was := old.Models[i]
			out = append(out, fmt.Sprintf("model %s: was %s with the hash %s, is %s with the hash %s", m.Name, was.Path, was.Hash, m.Path, m.Hash))
		}
	}
	return out
}
