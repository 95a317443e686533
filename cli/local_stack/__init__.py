"""The local stack: an AWS emulator, and the real CDK app deployed onto it. Nothing outside this package knows of it."""
