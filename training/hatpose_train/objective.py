"""What a student is punished for.

In: a student's values, the teacher's in the student's units, labelled truth.
Out: one number to be made small, and the error of each value for the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from .boundary import Boundary, is_map, kind
from .config import Loss


@dataclass(frozen=True)
class Truth:
    """Labels of a batch as maps; mask is 1 where they are to be trusted."""

    heatmaps: Tensor
    pafs: Tensor
    mask: Tensor

    def of(self, name: str) -> Tensor | None:
        """The maps that a value shall be like, or None."""
        return {"heatmaps": self.heatmaps, "pafs": self.pafs}.get(kind(name))


def masked_error(
    bound: Boundary, value: Tensor, truth: Tensor, mask: Tensor
) -> Tensor:
    """Squared error over the teacher's variance, only where the mask is 1.

    It is a mean over all cells, masked or not: so it can take the place of
    the same cells' share in the distance to the teacher.
    """
    square = (value.float() - truth.float()).square() * mask[:, None]
    return (square.sum((0, 2, 3)) * bound.weight).sum() / mask.numel()


def objective(
    loss: Loss,
    bounds: Mapping[str, Boundary],
    values: Mapping[str, Tensor],
    targets: Mapping[str, Tensor],
    truth: Truth,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The weighted sum over all values that the student made."""
    errors: dict[str, Tensor] = {}
    total = torch.zeros((), device=truth.mask.device)
    for name, target in targets.items():
        if name not in values:
            continue
        bound = bounds[name]
        error = bound.error(values[name], target)
        errors[name] = error
        if not is_map(name):
            total = total + loss.features * error
            continue
        first = name.startswith("initial_stage")
        weight = loss.initial_maps if first else loss.maps
        labelled = truth.of(name)
        if loss.truth and labelled is not None:
            true_error = masked_error(bound, values[name], labelled, truth.mask)
            errors[f"{name} truth"] = true_error
            same_cells = masked_error(bound, values[name], target, truth.mask)
            error = error + loss.truth * (true_error - same_cells)
        total = total + weight * error
    return total, errors
