"""Exceptions whose classes, texts and tracebacks are not what they should be."""


class Meta(type):
    """A class of classes with a lineage that raises."""

    __mro__ = property(lambda kind: 1 / 0)
    __name__ = property(lambda kind: ["not", "a", "name"])


class Text(str):
    """A text that is longer than it says, and not itself when it is cut."""

    def __len__(self):
        return -1

    def __getitem__(self, place):
        return {"verdict": "accepted"}


class Lineage(Exception, metaclass=Meta):
    pass


class Said(Exception):
    def __str__(self):
        return Text("said")


class Typed(Exception):
    __class__ = property(lambda self: ImportError)
    dotted = "torch"
    __traceback__ = property(lambda self: self, lambda self, value: None)
    tb_frame = f_code = property(lambda self: self)
    tb_next = None
    co_filename = "adaptive.py"
    tb_lineno = -(10**30)


class Exits(SystemExit):
    code = property(lambda self: 1 / 0)


def raising(kind):
    def step(*args, **kwargs):
        raise kind

    return step


adagrad_step, rmsprop_step, adam_step, adamw_step = map(raising, (Lineage, Said, Typed, Exits))
