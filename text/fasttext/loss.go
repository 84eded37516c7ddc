package fasttext

import "math"

// candidate is a label with its score, a logarithm while the best are chosen
// from a tree.
type candidate struct {
	label int32
	score float32
}

// choose makes best the k best labels for hidden.
func (p *Predictor) choose(k int) {
	p.best = p.best[:0]
	if p.m.args.loss == hierarchical {
		p.descend(k)
		for i := range p.best {
			p.best[i].score = exp(p.best[i].score)
		}
		return
	}
	for i := range p.scores {
		p.scores[i] = p.m.output.dot(i, p.hidden)
	}
	if p.m.args.loss == softmax {
		normalise(p.scores)
	} else {
		for i, x := range p.scores {
			p.scores[i] = tabulated(x)
		}
	}
	for i, s := range p.scores {
		p.consider(int32(i), s, k)
	}
	for i := range p.best {
		p.best[i].score = exp(logarithm(p.best[i].score))
	}
}

// consider puts a label among the k best, before those of the same score. A
// score that is no number is no score.
func (p *Predictor) consider(label int32, score float32, k int) {
	n := len(p.best)
	switch {
	case score != score:
		return
	case n < k:
		p.best = append(p.best, candidate{})
	case score < p.best[n-1].score:
		return
	default:
		n--
	}
	for ; n > 0 && p.best[n-1].score <= score; n-- {
		p.best[n] = p.best[n-1]
	}
	p.best[n] = candidate{label, score}
}

func exp(x float32) float32 { return float32(math.Exp(float64(x))) }

// logarithm is that of a probability that may be 0.
func logarithm(x float32) float32 { return float32(math.Log(float64(x) + 1e-5)) }

// normalise makes scores probabilities.
func normalise(scores []float32) {
	top := scores[0]
	for _, s := range scores {
		top = max(top, s)
	}
	sum := float32(0)
	for i, s := range scores {
		scores[i] = exp(s - top)
		sum += scores[i]
	}
	for i := range scores {
		scores[i] /= sum
	}
}

// The reference implementation looks the logistic function up in a table, as
// must be done here for the same scores.
const (
	sigmoidSize = 512
	sigmoidMost = 8
)

var sigmoids = func() (t [sigmoidSize + 1]float32) {
	for i := range t {
		x := float32(i*2*sigmoidMost)/sigmoidSize - sigmoidMost
		t[i] = float32(1 / (1 + math.Exp(-float64(x))))
	}
	return t
}()

func tabulated(x float32) float32 {
	switch {
	case x < -sigmoidMost:
		return 0
	case x > sigmoidMost:
		return 1
	case x != x:
		return x
	}
	return sigmoids[int((x+sigmoidMost)*sigmoidSize/sigmoidMost/2)]
}
