"""The JSON Schema: it takes what `load` takes, and refuses what `load` refuses."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from variegate import config, ops
from variegate.errors import ConfigError
from variegate.pipeline import Compose


def test_the_schema_names_every_op_that_a_file_may_name() -> None:
    made = config.schema(Compose)
    assert json.loads(json.dumps(made)) == made
    entry = made["$defs"]["op"]["anyOf"]
    assert {"Rotate", "OneOf", "Compose"} <= set(entry[0]["properties"])
    assert not {"Pointwise", "Opaque", "Op"} & set(made["$defs"])
    assert "HorizontalFlip" in entry[1]["enum"] and "Rotate" not in entry[1]["enum"]
    assert made["required"] == ["variegate", "ops"]


def test_fields_are_described_by_the_docstrings() -> None:
    rotate = config.schema(Compose)["$defs"]["Rotate"]
    assert rotate["description"] == (ops.Rotate.__doc__ or "").split("\n")[0]
    assert rotate["properties"]["angle"]["description"].startswith("degrees, counter-clockwise")
    assert rotate["properties"]["border"]["enum"] == ["constant", "edge", "reflect", "symmetric", "wrap"]
    assert rotate["required"] == ["angle"] and rotate["additionalProperties"] is False


def test_every_reference_leads_somewhere() -> None:
    made = config.schema(Compose)
    for part in json.dumps(made).split('"$ref": "')[1:]:
        assert part.split('"')[0].removeprefix("#/$defs/") in made["$defs"]


def test_limits_are_those_that_the_ops_declare() -> None:
    made = config.schema(Compose)["$defs"]

    def alone(kind: str, field: str) -> Any:
        found = made[kind]["properties"][field]
        return {
            word: end for word, end in found.get("anyOf", [found])[0].items() if word not in ("description", "default")
        }

    assert alone("Brightness", "factor") == {"type": "number", "minimum": 0}
    assert alone("Perspective", "distortion") == {"type": "number", "minimum": 0, "exclusiveMaximum": 2 / 3}
    assert alone("Rotate90", "turns") == {"type": "integer"}
    assert alone("SmallestMaxSize", "size") == {"type": "integer", "minimum": 1, "maximum": 1 << 30}
    assert alone("Rotate", "p") == {"type": "number", "minimum": 0, "maximum": 1}
    assert alone("ToDtype", "p") == {"type": "number", "minimum": 1, "maximum": 1}
    assert made["OneOf"]["properties"]["ops"]["minItems"] == 1
    assert made["Posterize"]["properties"]["bits"]["anyOf"][1]["items"] == {
        "type": "number",
        "minimum": 1,
        "maximum": 9,
    }


VALUES: tuple[Any, ...] = (
    -1e9, -91, -90, -1, -0.5, -0.25, 0, 0.5, 2 / 3, 1, 1.5, 8, 9, 1 << 31, True, None, "constant", "CHW", "luminance",
    [0, 1], [1, 9], [1, 10], [-90, 0], [2, 3, 4], [], [1], {"Normal": [0, 1]}, {"Choice": [1, 2]},
    {"Ramp": [0, 1, 3]}, {"Ramp": {"start": [1, 2], "end": 1, "epochs": 2}},
)  # fmt: skip


LEANING = ("Crop", "CoarseDropout", "GridDropout", "RandAugment", "XYMasking", "policy")  # what only the op can tell


@pytest.mark.parametrize(
    "kind", sorted(set(ops.__all__) - {"Op", "Opaque", "Pointwise", "OneOf", "SomeOf", "RandomApply"})
)
def test_an_editor_takes_what_load_takes_and_refuses_no_more(kind: str) -> None:
    """What only an op can tell, such as the end of a range, `load` alone may refuse."""
    made = config.schema(Compose)
    validator, fields = jsonschema.Draft202012Validator(made), made["$defs"][kind]
    needed: dict[str, Any] = {"dtype": "uint8"} if kind == "ToDtype" else dict.fromkeys(fields["required"], 4)
    refused = 0
    for field in fields["properties"]:
        for value in VALUES:
            file = {"variegate": 1, "ops": [{kind: {**needed, field: value}}]}
            valid = not list(validator.iter_errors(file))
            try:
                config.load(file, Compose)
            except ConfigError as problem:
                if valid:
                    assert isinstance(value, dict | list) or kind in LEANING, (field, value, str(problem))
                refused += not valid
            else:
                assert valid, (field, value)
    assert refused > 20


def test_a_ramp_stands_where_numbers_are_drawn_and_for_p() -> None:
    made = config.schema(Compose)["$defs"]
    (forms,) = made["Rotate"]["properties"]["p"]["anyOf"][1]["anyOf"]
    assert list(forms["properties"]) == ["Ramp"] and made["Rotate"]["properties"]["p"]["default"] == 1.0
    by_name, in_order = forms["properties"]["Ramp"]["anyOf"]
    assert by_name == {"$ref": "#/$defs/Ramp"} and in_order["maxItems"] == 4
    assert {"$ref": "#/$defs/distribution"} in in_order["items"]["anyOf"] and made["Ramp"]["required"] == [
        "start",
        "end",
        "epochs",
    ]
    assert "Ramp" in made["distribution"]["anyOf"][0]["properties"] and "Bits" not in json.dumps(made)
    assert made["distribution"]["anyOf"][0]["properties"]["Normal"]["anyOf"][1]["items"] == {"type": "number"}
