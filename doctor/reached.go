package doctor

import (
	"fmt"
	"math"
	"strings"
)

// Bounds of what a clock may be off from the store's, in seconds. Amazon's
// refuses requests that are fifteen minutes off.
const storeSkew = 5 * 60

// rights are what Amazon's rules call what a step needs.
var rights = map[Step]string{
	Create:  "s3:PutObject",
	Read:    "s3:GetObject",
	List:    "s3:ListBucket",
	Stage:   "s3:PutObject",
	Discard: "s3:ListBucketMultipartUploads and s3:AbortMultipartUpload",
	Remove:  "s3:DeleteObject",
}

// JudgeReach judges what a machine can do in the store; where is nil for this
// one.
func JudgeReach(where []string, reach *Reach) (out []Finding) {
	if reach == nil {
		return nil
	}
	add := func(level Level, check, what, mend string) {
		out = append(out, Finding{level, check, where, what, mend})
	}
	if reach.Failed != "" {
		add(Error, "store", fmt.Sprintf("%s doesn't work: %s", reach.Failed, firstLines(reach.Err)), mendReach(where, reach.Failed, reach.Err))
	}
	if reach.Kept {
		add(Warning, "store", "it doesn't find incomplete uploads by a prefix, so that those of tasks that were lost stay there", "set a rule of the bucket that ends incomplete uploads after more days than a run takes; MinIO ends them after one")
	}
	if c := reach.Clock; c != nil {
		off := 0.0
		switch {
		case c[0] > storeSkew:
			off = c[0]
		case c[1] < -storeSkew:
			off = c[1]
		default:
			return out
		}
		way := "ahead of"
		if off < 0 {
			way = "behind"
		}
		add(Warning, "clock", fmt.Sprintf("it is %.0f minutes %s the store's", math.Abs(off)/60, way), "set it by NTP (chronyc makestep): stores refuse requests that are fifteen minutes off")
	}
	return out
}

// reached is JudgeReach of a machine's answer.
func reached(n Node, where []string) []Finding { return JudgeReach(where, n.Facts.Store) }

// NoInputs says that the dataset can't be found from here, and why.
func NoInputs(err error) Finding {
	mend, known := knownMend(nil, List, err.Error())
	if !known {
		mend = "mend dataset_path"
	}
	return Finding{Error, "input", nil, err.Error(), mend}
}

// mendReach is what to do about a store's error.
func mendReach(where []string, step Step, err string) string {
	if mend, known := knownMend(where, step, err); known {
		return mend
	}
	return "docs/guide/storage.md tells what the store and its key have to allow"
}

func knownMend(where []string, step Step, err string) (mend string, known bool) {
	give, there := "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give this machine a role", "from here"
	if where != nil {
		give, there = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY where this command is given: workers get these, and no profile; or give that machine a role", "from that machine"
	}
	for _, c := range []struct{ part, mend string }{
		{"without credentials", give},
		{"no credentials", give},
		{"refuses the key", "give an id and a secret that belong together and to this store"},
		{"session token", "get another, and begin again"},
		{"refuses access", "allow the key " + rights[step] + " there"},
		{"isn't removed", "allow the key " + rights[Remove] + " there"},
		{"there is no bucket", "make the bucket, or mend the path or AWS_ENDPOINT_URL"},
		{"no answer", "see whether AWS_ENDPOINT_URL is right, and whether it can be reached " + there + ": name, firewall, proxy"},
		{"clock differs", "set the clock by NTP (chronyc makestep)"},
		{"AWS_REGION", "set AWS_REGION to the bucket's"},
		{"If-None-Match", "use a store that refuses to make what is there, or a newer version of this one"},
	} {
		if strings.Contains(err, c.part) {
			return c.mend, true
		}
	}
	return "", false
}
