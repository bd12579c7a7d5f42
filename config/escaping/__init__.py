"""Text from outside, made harmless where it is shown: in a terminal or a log, and in Markdown."""
