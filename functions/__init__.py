"""One folder, one Lambda function: thin handlers over the use cases."""
