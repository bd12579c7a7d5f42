"""The process that serves a workspace: its listeners, and what all requests go through."""
