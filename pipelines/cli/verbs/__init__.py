"""The verbs of `amlgpu`. Each one parses, calls one function of `pipelines`, and prints.

The SDK takes a second to import and reads its cloud's address while it does. So a verb imports its function only once
the target is open, and `amlgpu --help` imports none of it.
"""
