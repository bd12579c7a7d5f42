"""Quick starts of Python scripts: they are forked from a process that has the SDK imported already.

`template.py` is that process, `likeness.py` decides whether a fork would behave as a fresh interpreter, and
`client.py` is the emulator's side of it. `driver.py` is what runs a script, forked or not.
"""
