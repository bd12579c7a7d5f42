"""The GPUs that the process sees, and the libraries of CUDA that TensorFlow opens before it admits to one."""
