"""Names of classes and of types with markup, escapes, surrogates and a length beyond any frame."""

MARKUP = "<img src=x onerror=alert(1)>\x1b[2J\x1b]8;;http://evil\x07\u202egnorw\u2028\r\n::error::\x00{{7*7}}${x}"


def rmsprop_step(*args, **kwargs):
    raise type(MARKUP.replace("\x00", ""), (Exception,), {})(MARKUP)


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    return type("\ud800" + MARKUP.replace("\x00", "") + "\udfff", (), {})()


def adamw_step(*args, **kwargs):
    raise type("N" * (3 << 20), (ValueError,), {})("n" * (3 << 20))
