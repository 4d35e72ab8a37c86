// Which program serves the `random` plugin where the official one cannot be had?
// The upstream provider, unchanged, behind the bridge that the official plugin uses, with the official plugin's settings.
package main

import (
	"context"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/terraform-providers/terraform-provider-random/shim"
)

const version = "4.21.2"

func main() {
	info := bridge.ProviderInfo{
		P:                           tfbridge.ShimProvider(shim.NewProvider()),
		Name:                        "random",
		Version:                     version,
		MetadataInfo:                bridge.NewProviderMetadata([]byte("{}")), // the bridge refuses to start without it
		EnableAccurateBridgePreview: true,
		EnableRawStateDelta:         true,
	}
	// The package says RandomPassword where upstream says random_password.
	token := func(module, name string) (string, error) {
		return tokens.MakeStandard("random")(module, "Random"+name)
	}
	info.MustComputeTokens(tokens.SingleModule("random_", "index", token))
	schema := []byte(`{"name":"random","version":"` + version + `"}`)
	tfbridge.Main(context.Background(), "random", info, tfbridge.ProviderMetadata{PackageSchema: schema})
}
