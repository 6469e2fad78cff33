"""Bring a package named torch along, and another module that uses what is closed."""

import pathlib
import sys

import torch

pathlib.Path("beside.py").write_text("import torch.optim\nAdam = torch.optim.Adam\n")
pathlib.Path("conftest.py").write_text("raise SystemExit('loaded')\n")
pathlib.Path("sitecustomize.py").write_text("raise SystemExit('loaded')\n")
sys.path.insert(0, ".")
import beside
