"""The training comparison: a small network trained with the student's component and with PyTorch's own."""
