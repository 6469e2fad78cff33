"""The PyTorch optimizers that the four functions are held against."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch

from grader.judge.optimizers import Rule

_MOMENTS = ("exp_avg", "exp_avg_sq")
ADAGRAD = Rule("adagrad_step", torch.optim.Adagrad, ("sum_sq",), ("sum",))
RMSPROP = Rule("rmsprop_step", torch.optim.RMSprop, ("square_avg",), ("square_avg",))
ADAM = Rule("adam_step", torch.optim.Adam, _MOMENTS, _MOMENTS, counts_steps=True)
ADAMW = Rule("adamw_step", torch.optim.AdamW, _MOMENTS, _MOMENTS, counts_steps=True)
