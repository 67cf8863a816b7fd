"""The policy rules, one file per resource; ``services.compute.api.policy`` joins them."""
