// Which program serves the `github` plugin where the official one cannot be had?
// The upstream provider, unchanged, behind the bridge that the official plugin uses. Settings that change behaviour (secret
// token, replacement rules, automatic names, preview accuracy) are those of the official plugin of this version.
package main

import (
	"github.com/integrations/terraform-provider-github/v6/github"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

const version = "6.15.0"

func main() {
	selected := map[string]*tfbridge.SchemaInfo{"selected_repository_ids": {ForceNew: tfbridge.True()}}
	info := tfbridge.ProviderInfo{
		P:       sdkv2.NewProvider(github.NewProvider(version, "")()),
		Name:    "github",
		Version: version,
		Config: map[string]*tfbridge.SchemaInfo{
			"base_url": {Default: &tfbridge.DefaultInfo{EnvVars: []string{"GITHUB_BASE_URL"}, Value: "https://api.github.com/"}},
			"token":    {Default: &tfbridge.DefaultInfo{EnvVars: []string{"GITHUB_TOKEN"}}, Secret: tfbridge.True()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"github_actions_environment_secret":  {DeleteBeforeReplace: true},
			"github_actions_organization_secret": {Fields: selected},
		},
		EnableZeroDefaultSchemaVersion: true,
		EnableAccurateBridgePreview:    true,
		EnableRawStateDelta:            true,
	}
	info.MustComputeTokens(tokens.SingleModule("github_", "index", tokens.MakeStandard("github")))
	info.SetAutonaming(255, "-")
	tfbridge.Main("github", version, info, []byte(`{"name":"github","version":"`+version+`"}`))
}
