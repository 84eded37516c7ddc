package plan

import "fmt"

// pin notes data that an operator has read. It stands beside the models: a run
// can't go on with other data either.
func (p *Plan) pin(name, path, hash string) error {
	if i := p.findModel(name); i < 0 {
		p.Models = append(p.Models, Model{Name: name, Path: path, Hash: hash})
	} else if p.Models[i].Hash != hash {
		return fmt.Errorf("%s has changed while the run was planned; start again", name)
	}
	return nil
}

// pinned says whether data that a worker has read is that of the plan.
func (p *Plan) pinned(name, path, hash string) error {
	i := p.findModel(name)
	if i < 0 {
		return fmt.Errorf("the plan doesn't have %s", name)
	}
	if m := p.Models[i]; m.Hash != hash {
		return fmt.Errorf("%s isn't what the run was planned with: %s had the hash %s, and %s here has %s; put it back, or start anew", name, m.Path, m.Hash, path, hash)
	}
	return nil
}
