module sophia-secrets/tools/providers/random

go 1.26

replace (
	github.com/hashicorp/terraform-plugin-sdk/v2 => github.com/pulumi/terraform-plugin-sdk/v2 v2.0.0-20260318212141-5525259d096b
	github.com/mattn/go-ieproxy => github.com/mattn/go-ieproxy v0.0.1
	github.com/terraform-providers/terraform-provider-random/shim => ./shim
)

require (
	github.com/terraform-providers/terraform-provider-random/shim v0.0.0
	github.com/pulumi/pulumi-terraform-bridge/v3 v3.137.0
)
