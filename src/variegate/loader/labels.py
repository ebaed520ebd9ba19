"""Labels: what the fields of a loader's samples are, and how they go through a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from variegate.errors import FieldError, InputError
from variegate.labels.collate import Collated, FieldRows, Padded, collate, pad
from variegate.labels.field_spec import FieldSpec, FieldSpecs, Where, check_plane, spec_of
from variegate.loader.pipeline import SamplePipeline
from variegate.loader.source.base import Source
from variegate.loader.source.classes import label_column
from variegate.loader.source.multi_hot import MultiHot, one_hot
from variegate.loader.transient import is_transient, retried
from variegate.plan.carried import CarriedLabels
from variegate.targets import Classes, Targets
from variegate.targets.agreed import agreed
from variegate.targets.leaf import Leaves, plane_of
from variegate.targets.names import name_clash

CollateForm = Literal["list"] | Padded


@dataclass(frozen=True)
class Labels:
    """The fields of a source's samples beside the picture.

    targets  what they are
    form     how those of a batch stand together
    one_hot  of so many classes a label that is one becomes a row of 0 and 1; 0: it does not
    """

    source: Source
    targets: Targets
    form: CollateForm
    one_hot: int = 0

    def read(self, values: dict[str, Any], size: tuple[int, int]) -> Leaves:
        """The leaves of a sample with these fields and a picture of this size.

        Raises  InputError if a field cannot be taken.
        """
        said = name_clash(
            values, type(self.source).__name__, ("image",) if self.source.labels is None else ("image", "label")
        )
        if said is not None:
            raise InputError(said)
        return self.targets.read(values, size)

    def specs(self, leaves: Leaves, size: tuple[int, int]) -> dict[str, FieldSpec | None]:
        """What a sample's fields tell of those of all batches; None of one that has no instance here."""
        values = self.targets.write(leaves, size)
        return {name: spec_of(self.targets[name], value, self.form != "list") for name, value in values.items()}

    def check(self, leaves: Leaves, position: int, specs: FieldSpecs, size: tuple[int, int]) -> None:
        """Refuse the labels of the sample at a position that no batch could take, whatever else is in it.

        Raises  InputError or SourceError if one is not what the first samples tell of its field, or of no class.
        """

        def where(_: int) -> str:
            return f"sample {position}, {self.source.where(position)},"

        alone: dict[
            str, Any
        ] = {}  # as of a batch that has this sample alone; what has a format of its own is of one type anyway
        for name, leaf in leaves.items():
            target, spec = self.targets[name], specs.get(name)
            if not target.moves:
                alone |= self.targets.write({name: leaf}, size)
            elif target.per == "pixel" and spec is not None and (plane := plane_of(leaf)) is not None:
                check_plane(target, name, plane, spec, where)
        if alone:
            # How many instances there are is known when the pipeline has dropped some.
            self._together([alone], Padded() if isinstance(self.form, Padded) else "list", where, specs)

    def collate(
        self, index: NDArray[np.int64], samples: Sequence[CarriedLabels], specs: FieldSpecs | None = None
    ) -> Collated:
        """The fields of a batch, of the samples at these positions, and how many instances went.

        specs  what the first samples tell of the fields
        """
        columns = [{name: self._own(name, value) for name, value in sample.fields.items()} for sample in samples]
        dropped: Counter[str] = Counter()
        for sample in samples:
            dropped.update(sample.dropped)

        def where(n: int) -> str:
            return f"sample {index[n]}, {self.source.where(int(index[n]))},"

        made = self._together(columns, self.form, where, specs)
        return Collated(made.fields, dropped + made.dropped)

    def _together(self, columns: FieldRows, form: CollateForm, where: Where, specs: FieldSpecs | None) -> Collated:
        """The fields of samples as those of a batch."""
        if isinstance(form, str):
            return Collated(self._with_label(collate(self.targets, columns, specs, where), where), Counter())
        made = pad(self.targets, columns, form, where, specs)
        return made._replace(fields=self._with_label(made.fields, where))

    def _with_label(self, fields: dict[str, Any], where: Where) -> dict[str, Any]:
        """Fields, of which a class that came with its sample stands as one that was known before does."""
        value = fields.get("label")
        if isinstance(value, np.ndarray) or (value and isinstance(value[0], np.ndarray)):
            fields["label"] = label_column(value, len(value), where, any_form=True)
        if self.one_hot and "label" in fields:
            fields["label"] = one_hot(fields["label"], self.one_hot, where)[:]
        return fields

    def _own(self, name: str, value: Any) -> Any:
        """A field's value as the batch's own: what is only passed on may be the source's memory."""
        passed_on = self.targets[name].passed_on and isinstance(value, np.ndarray | list | dict)
        return value.copy() if passed_on else value


def _has_fields(source: Source, lenient: bool) -> bool:
    """Whether samples have fields that nobody declares: the first one tells, or the first that can be taken."""
    if type(source).fields is Source.fields:
        return False
    for i in range(len(source)):
        try:
            return bool(retried(partial(source.fields, i)))
        except Exception as error:
            if not lenient or is_transient(error):
                raise
    return False


def one_hot_classes(source: Source, one_hot: bool | int) -> int:
    """Of how many classes a source's labels are rows of 0 and 1, by the loader's `one_hot`; 0: they are not.

    Raises  FieldError if the source is to say how many, and does not.
    """
    known = len(source.classes)
    if one_hot is True and not known:
        raise FieldError(
            f"Loader.one_hot=True takes the number of classes from the source, and {source!r} names none; "
            "give the number, as one_hot=10"
        )
    return known if one_hot is True else int(one_hot)


def class_target(source: Source, augment: SamplePipeline, one_hot: bool | int, mixes: bool) -> Classes | None:
    """What a label is as `Classes`: as declared; or, where samples are mixed, of the source's classes.

    Raises  FieldError if samples are mixed, and nobody says of how many classes their labels are.
    """
    known = getattr(augment, "known", None)
    declared = known["label"] if isinstance(known, Targets) else None
    if isinstance(declared, Classes):
        return declared
    if not mixes or (declared is not None and not declared.undeclared):
        return None
    column = source.labels
    if isinstance(column, MultiHot) or (isinstance(column, np.ndarray) and column.ndim == 2):
        return Classes(column.shape[1])
    count = len(source.classes) if isinstance(one_hot, bool) else one_hot
    if count:
        return Classes(count)
    if column is None:
        return None
    raise FieldError(
        f"Loader.augment mixes samples, and {source!r} does not say of how many classes its labels are: give "
        'one_hot=10, or targets={"label": Classes(10)} to Compose; PerSample() keeps the label of the sample itself'
    )


def labels_of(
    source: Source,
    augment: SamplePipeline,
    form: CollateForm,
    lenient: bool = False,
    one_hot: int = 0,
    classes: Classes | None = None,
) -> Labels | None:
    """What a loader does with the fields of a source's samples; None if they have none.

    lenient  whether there may be samples that cannot be taken
    one_hot  as of Labels
    classes  what a label is, where nobody declared it

    Raises  FieldError if source and pipeline do not agree on a field, or the pipeline takes no labels.
    """
    if not (isinstance(form, Padded) or form == "list"):
        raise FieldError(f'Loader.collate is "list" or Padded(...), got {form!r}')
    known = getattr(augment, "known", None)
    for who, said in (("source", source.targets), ("pipeline", known)):
        if source.labels is not None and isinstance(said, Targets) and not said["label"].passed_on:
            raise FieldError(
                f"label is {said['label']!r} in the {who}, and {source!r} has it as one label a sample, which never "
                "moves: make it one of the source's fields, under another name"
            )
    # Who declares nothing may yet have fields that the pipeline declares; the first sample tells.
    if source.targets is None and not _has_fields(source, lenient):
        return None
    if not isinstance(known, Targets):
        raise FieldError(
            f"Loader.augment is {augment!r}, which takes no labels, and the samples of {source!r} have some; "
            "give a Compose, or None"
        )
    targets = agreed(source.targets or Targets(), known)
    if classes is not None and targets["label"].undeclared:
        targets = Targets.of({**dict(targets.fields), "label": classes})
    if isinstance(form, Padded):
        _check_groups(targets)
    return Labels(source, targets, form, one_hot)


def _check_groups(targets: Targets) -> None:
    """Refuse a group whose name, under which a padded batch says what is valid, is also that of a field."""
    for name, target in targets.fields:
        group = target.rows_of
        if group is not None and group in targets:
            raise FieldError(
                f"{name}={target!r}: a padded batch says under {group!r}, the name of the group, which instances are "
                "there, and that is the name of a field too; call the group otherwise"
            )
