#!/usr/bin/env bash
# Packs Python 3.11, this project's packages and TensorFlow's GPU build into parts of at most 54 MiB, for a machine that
# has a GPU but no network.   Usage, from the project's root: benchmarks/gpu/offline/pack.sh [FOLDER]
# FOLDER (default .gpu) gets p00/part.00, p01/part.01, ... and tools/; README.md beside this file says what to do there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(mkdir -p "${1:-.gpu}" && cd "${1:-.gpu}" && pwd)
tree=/opt/amlgpu # the same folder on both machines: scripts name their interpreter by its path
python=$(command -v python3.11 || ls "$HOME"/.pyenv/versions/3.11.*/bin/python3.11 | tail -n 1)
prefix=$("$python" -c 'import sys; print(sys.base_prefix)')

echo "Python from $prefix into $tree"
mkdir -p "$tree/lib" "$out/tools"
if [ ! -x "$tree/bin/python3.11" ]; then
    (cd "$prefix" && tar -cf - --exclude=site-packages --exclude=lib/python3.11/test --exclude=idlelib --exclude='config-3.11*' \
        --exclude=__pycache__ --exclude='*.a' --exclude=tkinter --exclude=share --exclude=include \
        bin/python3.11 bin/python3 lib) | tar -C "$tree" -xf -
    # What the interpreter's own modules link to, save the C library: the other machine may lack some.
    ldd "$prefix"/lib/python3.11/lib-dynload/*.so 2>/dev/null | awk '$3 ~ /^\// {print $3}' | sort -u |
        grep -Ev '/(libc|libm|libdl|libpthread|librt|libpython[^/]*)\.so' | xargs -I{} cp -Lu {} "$tree/lib/"
    ln -sf python3.11 "$tree/bin/python"
fi
export LD_LIBRARY_PATH=$tree/lib
"$tree/bin/python3.11" -m ensurepip --upgrade >/dev/null
pip() { "$tree/bin/python3.11" -m pip install --quiet --no-compile --disable-pip-version-check --root-user-action=ignore "$@"; }
pip --upgrade pip "setuptools<81"

# The locked versions of what the Makefile installs, and its metadata; the code itself is the checkout's (activate.sh).
# cuBLAS and the runtime of CUDA 12, which TensorFlow opens by name; the rest it finds there.
echo "Packages"
lock=requirements-lock.txt site=$tree/lib/python3.11/site-packages
locked() { pip --require-hashes --only-binary :all: --constraint "$lock" "$@"; }
pip --no-deps --no-build-isolation ./emulator .
rm -rf build ./*.egg-info emulator/build emulator/*.egg-info
locked "aml-gpu-pipeline[sdk-v1,sdk-v2,local,bench]"
rm -rf "$site"/{azureml_emulator,config,pipelines,scoring,steps,workspaces,amlgpu.py}
"$tree/bin/python3.11" -m pip uninstall --quiet --yes --root-user-action=ignore tensorflow-cpu
locked --no-deps tensorflow
pip --no-deps nvidia-cublas-cu12==12.5.3.2 nvidia-cuda-runtime-cu12==12.5.82

# A peer of the benchmark, on the same packages; and the client that loads all services, with its libraries.
"$tree/bin/python3.11" -m venv --system-site-packages --without-pip "$tree/peers/fastapi"
pip --target "$tree/peers/fastapi/lib/python3.11/site-packages" --no-deps \
    "$(grep '^fastapi==' benchmarks/peers/fastapi/requirements.txt)" annotated-doc typing-inspection
cp "$(command -v wrk)" "$tree/bin/"
LD_LIBRARY_PATH='' ldd "$tree/bin/wrk" | awk '/luajit|libssl|libcrypto/ {print $3}' | xargs -I{} cp -Lun {} "$tree/lib/"

cp "$here"/{activate.sh,unpack.py,check.py} "$out/tools/"
"$python" -m pip download --quiet --no-deps --only-binary=:all: --python-version 3.12 --implementation cp \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --dest "$out/tools" zstandard
echo "Packing $(du -sh "$tree" | cut -f1) (some minutes)"
rm -rf "$out"/p[0-9]*
tar -C "$tree" --sort=name --exclude=__pycache__ --exclude=site-packages/tensorflow/include --exclude='site-packages/*/tests' \
    --exclude=site-packages/pip --exclude=site-packages/clang -cf - . |
    zstd --quiet "-${LEVEL:-12}" --long=27 -T0 | (cd "$out" && split --bytes=54M --numeric-suffixes - part.)
for part in "$out"/part.*; do mkdir "$out/p${part##*.}" && mv "$part" "$out/p${part##*.}/"; done

# Should TensorFlow not get on with the machine's own cuDNN: that of CUDA 12, as locked, to be unpacked over the tree.
# Machine code for GPUs hardly gets smaller: hence quickly.
if [ -n "${CUDNN:-}" ]; then
    more=$(mktemp -d) && rm -rf "$out"/c[0-9]*
    pip --no-deps --require-hashes --only-binary :all: --constraint "$lock" \
        --target "$more/lib/python3.11/site-packages" nvidia-cudnn-cu12
    tar -C "$more" --exclude=include --exclude='*.pyc' -cf - . | zstd --quiet -3 --long=27 -T0 |
        (cd "$out" && split --bytes=54M --numeric-suffixes - part.)
    for part in "$out"/part.*; do mkdir "$out/c${part##*.}" && mv "$part" "$out/c${part##*.}/"; done
    rm -rf "$more"
fi
ls -lh "$out"/[pc]*/part.* | awk '{print $5, $9}'
