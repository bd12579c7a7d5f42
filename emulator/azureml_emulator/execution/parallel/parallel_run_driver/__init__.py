"""The driver of a ParallelRunStep: mini batches of its inputs, given to worker processes, whose results it collects."""
