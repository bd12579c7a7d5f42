# Source this in the project's root on the GPU machine. Then `python` is 3.11 with all packages, and `amlgpu` works.
tree=/opt/amlgpu cuda=/opt/amlgpu/cuda
export PATH="$tree/bin:$PATH"
mkdir -p "$cuda"
printf '%s\n' "$PWD" "$PWD/emulator" >"$tree/lib/python3.11/site-packages/project.pth"
# TensorFlow opens CUDA 12's libraries by their names before it admits to a GPU; the machine has CUDA 13's. cuDNN 9 has one
# name in both; a classifier calls nothing of cuFFT, cuSOLVER and cuSPARSE, so a link of the older name is enough for these.
find / -xdev \( -name 'libcudnn*.so.9*' -o -name 'libcublas*.so.13*' -o -name 'libcufft.so.*' -o -name 'libcusolver.so.*' \
    -o -name 'libcusparse.so.*' -o -name 'libnvJitLink.so.*' -o -name 'libcurand.so.*' -o -name 'libnccl.so.*' \
    -o -name 'libcupti.so.*' -o -name 'libnvrtc*.so.13*' \) -not -path "$tree/*" 2>/dev/null |
    while read -r path; do ln -sf "$path" "$cuda/$(basename "$path")"; done
for pair in cufft:11 cusolver:11 cusparse:12 cupti:12; do
    wanted="$cuda/lib${pair%%:*}.so.${pair##*:}" there=$(ls "$cuda/lib${pair%%:*}".so.[0-9]* 2>/dev/null | head -n 1)
    if [ ! -e "$wanted" ] && [ -n "$there" ]; then ln -sf "$there" "$wanted"; fi
done
nvidia=$tree/lib/python3.11/site-packages/nvidia
export LD_LIBRARY_PATH="$nvidia/cudnn/lib:$nvidia/cublas/lib:$nvidia/cuda_runtime/lib:$cuda:$tree/lib:/usr/local/nvidia/lib64:/usr/local/cuda/lib64"
printf '#!%s/bin/python3.11\nimport sys\nfrom amlgpu import main\nsys.exit(main())\n' "$tree" >"$tree/bin/amlgpu" && chmod +x "$tree/bin/amlgpu"
# XLA compiles with the machine's own ptxas and libdevice.
[ ! -d /usr/local/cuda ] || export XLA_FLAGS="--xla_gpu_cuda_data_dir=/usr/local/cuda${XLA_FLAGS:+ $XLA_FLAGS}"
# FastAPI's environment is a part of the tree: the benchmark is to find it made.
mkdir -p .venv-peers && ln -sfn "$tree/peers/fastapi" .venv-peers/fastapi
python -c 'from benchmarks.gpu.device import gpus; from benchmarks.serving.servers.peers import requirements
print(end=requirements("fastapi", gpu=bool(gpus())))' >"$tree/peers/fastapi/requirements.txt"
# Once, on all cores: else each start of a process compiles TensorFlow's modules anew, or the first one does while timed.
[ -e "$tree/compiled" ] || { python -m compileall -q -j 0 "$tree/lib" >/dev/null 2>&1 || true; touch "$tree/compiled"; }
