from pipelines.live.plan import package_diff

CONDA = """
channels: [conda-forge]
dependencies:
  - python=3.11
  - pip:
      - --require-hashes
      - numpy=={} --hash=sha256:{}
      - pillow==12.0.0 --hash=sha256:aa --hash=sha256:bb
"""


def test_packages_are_compared_by_their_versions_and_hashes_are_nothing_to_read() -> None:
    live = CONDA.format("2.4.5", "a" * 64)
    assert package_diff(live, CONDA.format("2.4.6", "b" * 64)) == ("- pip: numpy==2.4.5", "+ pip: numpy==2.4.6")
    assert package_diff(live, live.replace("aa --hash=sha256:bb", "cc")) == ()
    assert package_diff(live, live.replace("  - python=3.11", "  - python=3.10")) == ("+ python=3.10", "- python=3.11")
