// Package shim opens the door to the upstream provider's constructor, which lives in an `internal` folder: Go lets only a
// module whose path lies below the provider's own reach it.
package shim

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"
	upstream "github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// NewProvider makes the upstream random provider.
func NewProvider() provider.Provider {
	return upstream.New()
}
