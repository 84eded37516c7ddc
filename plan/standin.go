package plan

import (
	"fmt"

	"corpusmill/op"
)

// Refusal is the error for a stand-in that the recipe refuses.
func Refusal(s op.StandIn) error {
	return fmt.Errorf("%w; strict_compat keeps %s from serving in its place", s.Missing, s.Name)
}

// Substitution says that a stand-in serves, and for want of what.
func Substitution(s op.StandIn) string {
	return fmt.Sprintf("%s serves (hash %s): %v", s.Name, s.Hash, s.Missing)
}

// takeStandIn notes what a step takes in place of a file that isn't there, or
// refuses it. It stands among the models: a run can't go on with the file, once
// it is there.
func (p *Plan) takeStandIn(step string, s op.StandIn, refuse bool) error {
	if refuse {
		return Refusal(s)
	}
	if p.findModel(s.Name) < 0 {
		p.Models = append(p.Models, Model{Name: s.Name, Hash: s.Hash, For: s.For, Note: step + ": " + Substitution(s)})
	}
	return nil
}

// stoodIn says whether a stand-in of a worker is that of the plan.
func (p *Plan) stoodIn(s op.StandIn) error {
	i := p.findModel(s.Name)
	if i < 0 {
		return fmt.Errorf("when the run was planned %s was there, and now it isn't: %w", s.For, s.Missing)
	}
	if m := p.Models[i]; m.Hash != s.Hash {
		return fmt.Errorf("%s had the hash %s when the run was planned, and has %s in this version of corpusmill; start anew", s.Name, m.Hash, s.Hash)
	}
	return nil
}
