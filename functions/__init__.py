"""One folder, one Lambda function: thin handlers over the use cases."""

import gc

# A start makes some hundred thousand objects, nearly all of which stay: looking for garbage among them after every 700,
# as Python does, is a twentieth of a cold start.
gc.set_threshold(100_000)
