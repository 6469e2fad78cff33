"""Makes torch warm before anything is forked from it: whatever it imports or sets up late is done here, once."""

from __future__ import annotations

import contextlib

import torch


def warm_torch(*, with_autograd: bool = True) -> None:
    """Run each kind of operation that solutions use, in float32 and float64, on one thread.

    A process that sees a GPU and will fork must not run a backward pass: torch starts threads for the device then.
    """
    torch.set_num_threads(1)
    for dtype in (torch.float32, torch.float64):
        draw = torch.Generator().manual_seed(0)
        x = torch.randn(4, 3, generator=draw, dtype=dtype)
        y = (x * 2 + 1 - x / 3).pow(2).add(1e-8).sqrt().mean(dim=0)
        torch.where(y > 0, y, torch.zeros_like(y)).clamp(min=0).clone().mul_(2).addcdiv_(y, y, value=-0.1)
        (x.T @ x).sum().item()
        torch.stack([y, y]).var(dim=0, unbiased=False).tolist()
        repr(x)
    for fails in (lambda: torch.linalg.cholesky(-torch.eye(2)), lambda: torch.ones(2) + torch.ones(3)):
        with contextlib.suppress(RuntimeError):
            fails()  # the first exception of a compiled library reads its tables of frames, megabytes of them
    if not with_autograd:
        return
    leaf = torch.randn(3, requires_grad=True)
    torch.autograd.grad(leaf.square().sum(), leaf)
    torch.autograd.backward((leaf @ leaf).relu().add(1).log())


def warm_gpu() -> None:
    """Make a CUDA context in this process and run what solutions use on it. Nothing may be forked from it after."""
    draw = torch.Generator("cuda").manual_seed(0)
    for dtype in (torch.float32, torch.float64):
        x = torch.randn(4, 3, generator=draw, dtype=dtype, device="cuda")
        (x.T @ x).div(3).add(1e-8).sqrt().mean().item()
    torch.cuda.synchronize()


def cap_gpu_memory(size: int) -> None:
    """Limit the bytes of the device that torch takes in this process: memory that it asks for beyond is refused."""
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, size / total))
