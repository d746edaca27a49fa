"""Runs a hatpose.network.Network in numpy: slow, plain, for tests only."""

from __future__ import annotations

import numpy as np

from hatpose.network import MapGroup, Network, Operation


def run_network(network: Network, picture: np.ndarray) -> dict:
    """Maps of a picture of 3 planes in the network's order, 0 to 255."""
    values = run_values(network, picture)
    return {
        "heatmaps": channels(values, network.heatmaps),
        "pafs": channels(values, network.pafs),
    }


def run_values(network: Network, picture: np.ndarray) -> dict:
    """Value by value what the network computes."""
    mean = np.asarray(network.mean, np.float32).reshape(3, 1, 1)
    scale = np.asarray(network.scale, np.float32).reshape(3, 1, 1)
    values = {0: (picture.astype(np.float32) - mean) * scale}
    for op in network.operations:
        result = activated(op, computed(op, values))
        if op.output not in values:
            shape = (network.values[op.output], *result.shape[1:])
            values[op.output] = np.full(shape, np.nan, np.float32)
        last = op.output_first + op.output_count
        values[op.output][op.output_first : last] = result
    return values


def channels(values: dict, group: MapGroup) -> np.ndarray:
    return values[group.value][group.first : group.first + group.count]


def computed(op: Operation, values: dict) -> np.ndarray:
    count = op.input_count
    source = values[op.input][op.input_first : op.input_first + count]
    if op.kind == "add":
        addend = values[op.addend][op.addend_first : op.addend_first + count]
        return source + addend
    weight = op.weight.to_f32()
    pad = op.dilation * (op.kernel - 1) // 2
    padded = np.pad(source, ((0, 0), (pad, pad), (pad, pad)))
    height = (source.shape[1] - 1) // op.stride + 1
    width = (source.shape[2] - 1) // op.stride + 1
    result = np.zeros((op.output_count, height, width), np.float32)
    for y in range(op.kernel):
        for x in range(op.kernel):
            top, left = y * op.dilation, x * op.dilation
            window = padded[
                :,
                top : top + (height - 1) * op.stride + 1 : op.stride,
                left : left + (width - 1) * op.stride + 1 : op.stride,
            ]
            if op.kind == "depthwise":
                result += window * weight[:, 0, y, x].reshape(-1, 1, 1)
            else:
                result += np.tensordot(weight[:, :, y, x], window, axes=1)
    if op.bias is not None:
        result += op.bias.reshape(-1, 1, 1)
    return result


def activated(op: Operation, result: np.ndarray) -> np.ndarray:
    if op.activation == "relu":
        return np.maximum(result, 0)
    if op.activation == "elu":
        return np.where(result > 0, result, np.expm1(np.minimum(result, 0)))
    return result
