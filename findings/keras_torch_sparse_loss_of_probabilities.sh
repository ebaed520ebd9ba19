#!/usr/bin/env bash
# Keras 3.15.1 on PyTorch 2.13.0 (CPU): a model that ends in a softmax a pixel, (B, H, W, classes), is not trained by
# SparseCategoricalCrossentropy: fit raises "RuntimeError: grad_input must be contiguous", whatever makes the scores
# (Conv2D of any kernel, Dense) and whether a class is ignored. Scores without the softmax, with from_logits=True, are
# trained, and so are one-hot targets by CategoricalCrossentropy; a softmax a picture, (B, classes), too. So a
# segmentation model for all of Keras's backends ends in logits. Found by README's, which ended in a softmax.
# Seen: "pixels, probabilities: RuntimeError grad_input must be contiguous; logits: ok; one-hot: ok; a picture: ok"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 keras==3.15.1
cat > "$work/fit.py" <<'PY'
import os

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np

pictures = np.random.default_rng(0).random((4, 8, 8, 3)).astype("float32")
classes = np.random.default_rng(1).integers(0, 5, (4, 8, 8))


def fitted(layers, loss, target):
    """What becomes of one epoch."""
    model = keras.Sequential([keras.Input((8, 8, 3)), *layers])
    model.compile("sgd", loss)
    try:
        model.fit(pictures, target, epochs=1, verbose=0)
    except RuntimeError as error:
        return f"RuntimeError {error}"
    return "ok"


layers, losses = keras.layers, keras.losses
softmax, scores = layers.Conv2D(5, 3, padding="same", activation="softmax"), layers.Conv2D(5, 3, padding="same")
found = {
    "pixels, probabilities": fitted([softmax], losses.SparseCategoricalCrossentropy(), classes),
    "logits": fitted([scores], losses.SparseCategoricalCrossentropy(from_logits=True), classes),
    "one-hot": fitted(
        [layers.Conv2D(5, 1, activation="softmax")], losses.CategoricalCrossentropy(), np.eye(5, dtype="float32")[classes]
    ),
    "a picture": fitted(
        [layers.GlobalAveragePooling2D(), layers.Dense(5, activation="softmax")],
        losses.SparseCategoricalCrossentropy(),
        classes[:, 0, 0],
    ),
}
print("; ".join(f"{name}: {told}" for name, told in found.items()))
PY
seen=$("$work/env/bin/python" "$work/fit.py" 2>/dev/null | tail -1)
echo "$seen"
[[ "$seen" == "pixels, probabilities: RuntimeError grad_input must be contiguous; logits: ok; one-hot: ok; a picture: ok" ]]
