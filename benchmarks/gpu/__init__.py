"""The service on a GPU: against the machine's own limit, the classic score.py and a peer. `make gpu` runs it."""
