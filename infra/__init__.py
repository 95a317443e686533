"""The CDK app: stages, stacks and constructs."""
