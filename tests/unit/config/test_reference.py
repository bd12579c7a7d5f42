from config import reference
from config.loading.folder import FOLDER
from config.loading.layers import environment_layer, section_keys, sections
from config.schema import schema_of
from config.settings import Settings

KEYS = [(section, key) for section in sections(Settings) for key in section_keys(Settings, section)]


def test_the_page_is_current() -> None:
    assert reference.FILE.read_text(encoding="utf-8") == reference.render(), "run `python -m config.reference`"


def test_every_key_has_a_line_with_a_variable_that_is_read() -> None:
    lines = reference.render().splitlines()
    for section, key in KEYS:
        variable = f"AMLGPU_{section}__{key}".upper()
        (line,) = (line for line in lines if f"`{variable}`" in line)
        name, text, value, _, default, _ = (cell.strip() for cell in line.strip("|").split(" | "))
        assert name.startswith(f"`{key}`")
        assert text.endswith(".")
        assert value
        assert default
        assert list(environment_layer(Settings, {variable: "1"})) == [f"{section}.{key}"]


def test_every_number_has_a_unit() -> None:
    schema = schema_of(Settings)
    definitions = {
        section: schema["$defs"][schema["properties"][section]["$ref"].rpartition("/")[2]] for section, _ in KEYS
    }
    numbers = [
        f"{section}.{key}" for section, key in KEYS if reference.is_number(definitions[section]["properties"][key])
    ]
    assert len(numbers) > 40
    assert [key for key in numbers if not reference.unit(key)] == []
    assert set(reference.OTHER_UNITS) <= set(numbers)


def test_the_settings_page_links_it() -> None:
    assert "(configuration.md)" in (FOLDER.parent / "docs" / "settings.md").read_text(encoding="utf-8")
