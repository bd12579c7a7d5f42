"""A step that goes on until it is stopped."""

import time

print("holding", flush=True)
while True:
    time.sleep(0.1)
