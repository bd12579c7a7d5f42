import pytest

from scoring.errors import StartupError
from scoring.model.precision import cpu_flags, resolve_precision

OLD, NEW = frozenset({"avx2"}), frozenset({"avx2", "avx512_bf16"})


@pytest.mark.parametrize(
    ("asked", "frozen", "gpu", "flags", "precision"),
    [
        ("float32", True, False, NEW, "float32"),
        ("float32", False, True, NEW, "float32"),
        ("bfloat16", True, False, NEW, "bfloat16"),
        ("bfloat16", True, False, frozenset({"amx_bf16"}), "bfloat16"),
        ("float16", True, True, OLD, "float16"),
        ("auto", True, True, NEW, "float16"),
        ("auto", True, False, NEW, "bfloat16"),
        ("auto", True, False, OLD, "float32"),
        ("auto", False, True, NEW, "float32"),
    ],
)
def test_precision(asked: str, frozen: bool, gpu: bool, flags: frozenset[str], precision: str) -> None:
    assert resolve_precision(asked, frozen=frozen, gpu=gpu, cpu_flags=flags) == precision


@pytest.mark.parametrize(
    ("asked", "frozen", "gpu", "flags", "message"),
    [
        ("bfloat16", True, False, OLD, "needs a CPU with AVX512_BF16 or AMX"),
        ("bfloat16", True, True, NEW, "and no GPU"),
        ("float16", True, False, NEW, "float16 needs a GPU"),
        ("float16", False, True, OLD, "needs the frozen graph"),
    ],
)
def test_what_gains_nothing_is_refused(
    asked: str, frozen: bool, gpu: bool, flags: frozenset[str], message: str
) -> None:
    with pytest.raises(StartupError, match=message):
        resolve_precision(asked, frozen=frozen, gpu=gpu, cpu_flags=flags)


def test_flags_are_words() -> None:
    assert all(flag and " " not in flag for flag in cpu_flags())
