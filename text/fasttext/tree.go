package fasttext

import "math"

// treeNode is an inner node of the tree of a hierarchical softmax. Leaves are
// numbered as the labels, inner nodes after them.
type treeNode struct{ left, right int32 }

// tree is the Huffman tree of the labels' counts, its inner nodes in the order
// in which they come to be, the root last. Labels are in order of falling
// count in every file that training writes; whatever their order, it is a
// tree.
func (d *dictionary) tree(c *cursor) []treeNode {
	n := len(d.counts)
	if 2*n-1 > math.MaxInt32 {
		c.fail("a tree of %d labels is larger than can be read", n)
		return nil
	}
	nodes := make([]treeNode, 0, n-1)
	counts := make([]int64, 0, n-1)
	leaf, inner := n-1, 0
	next := func() (node int32, count int64) {
		if leaf >= 0 && (inner == len(counts) || d.counts[leaf] < counts[inner]) {
			leaf--
			return int32(leaf + 1), d.counts[leaf+1]
		}
		inner++
		return int32(n + inner - 1), counts[inner-1]
	}
	for range n - 1 {
		left, a := next()
		right, b := next()
		nodes, counts = append(nodes, treeNode{left, right}), append(counts, a+b)
	}
	return nodes
}

// visit is a node that is still to be seen, with the logarithm of the
// probability that it is reached.
type visit struct {
	node  int32
	score float32
}

// least is the logarithm of a probability of nothing: below it no label is
// looked for.
var least = logarithm(0)

// descend finds the k best leaves.
func (p *Predictor) descend(k int) {
	labels := len(p.m.dict.labels)
	p.stack = append(p.stack[:0], visit{int32(labels + len(p.m.tree) - 1), 0})
	for len(p.stack) > 0 {
		v := p.stack[len(p.stack)-1]
		p.stack = p.stack[:len(p.stack)-1]
		if !(v.score >= least) || len(p.best) == k && v.score < p.best[k-1].score {
			continue
		}
		inner := int(v.node) - labels
		if inner < 0 {
			p.consider(v.node, v.score, k)
			continue
		}
		f := 1 / (1 + exp(-p.m.output.dot(inner, p.hidden)))
		node := p.m.tree[inner]
		p.stack = append(p.stack, visit{node.right, v.score + logarithm(f)}, visit{node.left, v.score + logarithm(1-f)})
	}
}
