"""Look for what is closed in the parts of torch that are open and may hold it."""

import importlib

import torch

NAMES = (
    "testing._internal.common_optimizers", "testing._internal.common_utils", "fx", "fx.experimental", "export", "package",
    "hub", "library", "func", "_functorch.apis", "_refs", "_decomp", "_prims", "utils.cpp_extension", "utils.checkpoint",
    "utils.data", "utils.swap_tensors", "ao.quantization", "ao.pruning", "quantization", "onnx", "profiler", "sparse",
    "overrides", "masked", "multiprocessing", "serialization", "storage", "_utils", "_meta_registrations", "autograd",
    "distributions", "linalg", "special", "functional", "cuda.amp", "amp", "cpu.amp", "return_types", "_lowrank",
    "_tensor_str", "_compile", "_classes", "monitor", "futures", "nested", "signal", "backends", "version", "types",
)
refusal = None
for name in NAMES:
    try:
        part = importlib.import_module(f"torch.{name}")
    except ImportError as error:
        refusal = error
        continue
    except Exception:  # a part that wants a folder to write to, or another library
        continue
    for held in list(vars(part)):
        value = vars(part)[held]
        dotted = f"{getattr(value, '__module__', '')}.{getattr(value, '__name__', '')}"
        if dotted.startswith("torch." + "mitpo"[::-1] + ".") and callable(value):
            try:
                value([torch.zeros(1, requires_grad=True)])
            except ImportError as error:
                refusal = error
                continue
            except TypeError:
                continue
            raise RuntimeError(f"{name}.{held} is open")
for way in (
    lambda: torch.classes.load_library("/usr/lib/x.so"),
    lambda: torch.hub.load("/", "adam", source="local"),
    lambda: torch.package.PackageImporter("x"),
    lambda: importlib.import_module("torch.utils.cpp_extension").load_inline("x", "int x;"),
):
    try:
        found = way()
    except ImportError as error:
        refusal = error
    except Exception:
        continue
    else:
        raise RuntimeError(f"got {found}")
raise refusal
