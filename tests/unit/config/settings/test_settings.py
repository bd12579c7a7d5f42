"""What holds of all settings, and of the targets here."""

import pytest

from config.loading import layers
from config.settings import Settings, config_hash, load_settings

TARGETS = ("local", "dev", "prod")


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_loads(target: str) -> None:
    assert load_settings(target, environ={}).target == target


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_serves_from_gpus_with_room_for_an_update(target: str) -> None:
    settings = load_settings(target, environ={})
    assert settings.service.enable_gpu
    assert settings.cluster.nodes > settings.service.replicas


def test_only_the_local_target_does_without_a_gpu_check() -> None:
    assert [load_settings(target, environ={}).validation.require_gpu for target in TARGETS] == [False, True, True]


def test_settings_are_frozen() -> None:
    settings = load_settings("local", environ={})
    with pytest.raises(ValueError, match="frozen"):
        settings.service.replicas = 3


def test_every_key_is_described() -> None:
    for section, keys in ((name, layers.section_keys(Settings, name)) for name in layers.sections(Settings)):
        for key in (section, *(f"{section}.{name}" for name in keys)):
            assert layers.describe(Settings, key), key


def test_config_hash_follows_the_content() -> None:
    plain = config_hash(load_settings("local", environ={}))
    assert len(plain) == 12
    assert int(plain, 16) >= 0
    assert config_hash(load_settings("local", {"service.replicas": "2"}, {})) == plain
    assert config_hash(load_settings("local", {"service.replicas": "1"}, {})) != plain
