"""Which arithmetic the model computes in.

The numbers of 16-bit arithmetic differ a little: validation compares them with the original SavedModel's before a
version may be served that way.
"""

from pathlib import Path

from scoring.errors import StartupError

BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
CPU_INFO = Path("/proc/cpuinfo")


def resolve_precision(asked: str, *, frozen: bool, gpu: bool, cpu_flags: frozenset[str]) -> str:
    """The precision that `asked` means for this model and device; a StartupError where it would gain nothing."""
    bfloat16 = not gpu and bool(cpu_flags & BFLOAT16_FLAGS)
    if asked == "auto":
        return "float32" if not frozen else "float16" if gpu else "bfloat16" if bfloat16 else "float32"
    if asked != "float32" and not frozen:
        raise StartupError(f"SCORING_PRECISION={asked} needs the frozen graph, which this model has none of.")
    if asked == "bfloat16" and not bfloat16:
        raise StartupError("SCORING_PRECISION=bfloat16 needs a CPU with AVX512_BF16 or AMX, and no GPU: use float32.")
    if asked == "float16" and not gpu:
        raise StartupError("SCORING_PRECISION=float16 needs a GPU: use float32.")
    return asked


def cpu_flags() -> frozenset[str]:
    """The instruction sets that Linux names; none elsewhere."""
    if not CPU_INFO.exists():
        return frozenset()
    lines = CPU_INFO.read_text(encoding="utf-8").splitlines()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())
