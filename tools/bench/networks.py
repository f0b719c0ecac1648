"""VGGish in each of the libraries that can run it, ours and its peers: what opens it there.

Each opener runs in a process of its own and imports its library there. All of them compute in
float32, but for the file that is int8; none may use more threads than it is given.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from models.runtime import Runtime
from models.session import open_session
from models.types import FloatArray
from tools.bench.turns import Network
from tools.bench.weights import he_weights
from tools.convert.network import POOLED, Topology


def open_ours(runtime: Runtime, threads: int) -> Network:
    """Open a model with onnxruntime, as the product does."""
    session = open_session(runtime.network, threads, runtime.cache)
    asked = session.get_inputs()[0].name
    output = runtime.card.output or session.get_outputs()[0].name

    def run(patches: FloatArray) -> FloatArray:
        answer: FloatArray = session.run([output], {asked: patches})[0]
        return answer

    return run


def open_torch(topology: Topology, threads: int) -> Network:
    """Build the network in PyTorch."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    weights, layers = he_weights(topology), []
    for number, (kernel, biases) in enumerate(weights.convolutions):
        layer = torch.nn.Conv2d(*kernel.shape[2:], kernel_size=3, padding=1)
        layer.weight.data = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())
        layer.bias.data = torch.from_numpy(biases)
        layers += [layer, torch.nn.ReLU()]
        if number in POOLED:
            layers.append(torch.nn.MaxPool2d(2))
    convolutions, layers = torch.nn.Sequential(*layers), []
    for matrix, biases in weights.dense:
        layer = torch.nn.Linear(*matrix.shape)
        layer.weight.data = torch.from_numpy(matrix.T.copy())
        layer.bias.data = torch.from_numpy(biases)
        layers += [layer, torch.nn.ReLU()]
    dense = torch.nn.Sequential(*layers[:-1])

    def run(patches: FloatArray) -> FloatArray:
        with torch.inference_mode():
            values = convolutions(torch.from_numpy(patches)[:, None])
            answer: FloatArray = dense(values.permute(0, 2, 3, 1).flatten(1)).numpy()
            return answer

    return run


def open_tensorflow(topology: Topology, threads: int) -> Network:
    """Build the network in TensorFlow, compiled to a graph."""
    tf = importlib.import_module("tensorflow")
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    weights = he_weights(topology)
    convolutions = [tuple(map(tf.constant, layer)) for layer in weights.convolutions]
    dense = [tuple(map(tf.constant, layer)) for layer in weights.dense]

    @tf.function
    def network(values):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        values = tf.expand_dims(values, -1)
        for number, (kernel, biases) in enumerate(convolutions):
            values = tf.nn.relu(tf.nn.conv2d(values, kernel, 1, "SAME") + biases)
            if number in POOLED:
                values = tf.nn.max_pool2d(values, 2, 2, "SAME")
        values = tf.reshape(values, [-1, topology.dense[0].shape[0]])
        for number, (matrix, biases) in enumerate(dense):
            values = tf.matmul(tf.nn.relu(values) if number else values, matrix) + biases
        return values

    def run(patches: FloatArray) -> FloatArray:
        answer: FloatArray = network(tf.constant(patches)).numpy()
        return answer

    return run


def open_openvino(path: Path, threads: int) -> Network:
    """Open an ONNX file in OpenVINO, kept from computing in bfloat16."""
    core = importlib.import_module("openvino").Core()
    compiled = core.compile_model(
        core.read_model(path),
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
        },
    )

    def run(patches: FloatArray) -> FloatArray:
        answer: FloatArray = compiled([patches])[0]
        return answer

    return run
