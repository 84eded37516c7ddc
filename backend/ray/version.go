package ray

import "context"

// Version is the cluster's version of Ray.
func (c *Cluster) Version(ctx context.Context) (string, error) {
	var answer struct {
		Ray string `json:"ray_version"`
	}
	err := c.call(ctx, "GET", "/api/version", nil, &answer)
	return answer.Ray, err
}
