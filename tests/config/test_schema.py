"""The JSON Schema: it takes what `load` takes, and refuses what `load` refuses."""

from __future__ import annotations

import json

from variegate import config, ops
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


def test_a_ramp_stands_where_numbers_are_drawn_and_for_p() -> None:
    made = config.schema(Compose)["$defs"]
    (forms,) = made["Rotate"]["properties"]["p"]["anyOf"][1]["anyOf"]
    assert list(forms["properties"]) == ["Ramp"] and made["Rotate"]["properties"]["p"]["default"] == 1.0
    by_name, in_order = forms["properties"]["Ramp"]["anyOf"]
    assert by_name == {"$ref": "#/$defs/Ramp"} and in_order["maxItems"] == 3
    assert {"$ref": "#/$defs/distribution"} in in_order["items"]["anyOf"] and made["Ramp"]["required"] == [
        "start",
        "end",
        "epochs",
    ]
    assert "Ramp" in made["distribution"]["anyOf"][0]["properties"] and "Bits" not in json.dumps(made)
    assert made["distribution"]["anyOf"][0]["properties"]["Normal"]["anyOf"][1]["items"] == {"type": "number"}
