"""The inference runtime, and nothing that it would send home.

The runtime's own wheels (1.32 was read) keep a device id in the user's cache and report use to their maker. A
council's gateway reports to nobody: the switch must be set before the library is loaded, so nothing else imports it.
A test watches that no such file appears.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

VERSION = str(onnxruntime.__version__)

_SLOWER = ["SkipLayerNormFusion"]
"""What the runtime would join for speed, and which then takes six times as long: a tenth of the model's time."""


def session(weights: bytes) -> onnxruntime.InferenceSession:
    """A session on one thread: calls run side by side, each on the thread that asks. Raises ValueError."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = True
    options.log_severity_level = 4  # the runtime's own messages could only repeat what is raised
    try:
        return onnxruntime.InferenceSession(
            weights, options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER
        )
    except Exception as error:  # the runtime's errors share no base of their own
        raise ValueError("not an ONNX model that this runtime reads") from error
