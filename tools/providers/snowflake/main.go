// Which program serves the `snowflake` plugin where the official one cannot be had?
// The upstream provider, unchanged, behind the bridge that the official plugin uses, with the official plugin's settings.
package main

import (
	snowflake "github.com/Snowflake-Labs/terraform-provider-snowflake/pkg/provider"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

const version = "1.3.0"

func main() {
	config := map[string]*tfbridge.SchemaInfo{"preview_features_enabled": {Name: "previewFeaturesEnabled"}}
	fromEnvironment := map[string]string{
		"host":                   "SNOWFLAKE_HOST",
		"password":               "SNOWFLAKE_PASSWORD",
		"port":                   "SNOWFLAKE_PORT",
		"private_key_passphrase": "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE",
		"protocol":               "SNOWFLAKE_PROTOCOL",
		"role":                   "SNOWFLAKE_ROLE",
		"warehouse":              "SNOWFLAKE_WAREHOUSE",
	}
	for setting, variable := range fromEnvironment {
		config[setting] = &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{EnvVars: []string{variable}}}
	}
	info := tfbridge.ProviderInfo{
		P:       sdkv2.NewProvider(snowflake.Provider()),
		Name:    "snowflake",
		Version: version,
		Config:  config,
	}
	info.MustComputeTokens(tokens.SingleModule("snowflake_", "index", tokens.MakeStandard("snowflake")))
	info.SetAutonaming(255, "-")
	tfbridge.Main("snowflake", version, info, []byte(`{"name":"snowflake","version":"`+version+`"}`))
}
