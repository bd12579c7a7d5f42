"""From one workspace to another: what the first has proven, brought to the second, which proves it once more."""
