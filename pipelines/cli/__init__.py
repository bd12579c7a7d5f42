"""The command `amlgpu`: what a person types and reads."""
