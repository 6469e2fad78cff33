"""Ask everything in the library that reads sources for those of hidden modules."""

import importlib.machinery
import importlib.resources
import importlib.util
import inspect
import linecache
import pkgutil
import runpy
import sys
import tokenize
import zipimport

NAMES = ("reference", "twins", "probe", "test_adam", "answers.toml", "misconceptions.toml", "mutants")
found = []


def ask(what):
    """Keep what a question is answered with; most end in some exception."""
    try:
        answer = what()
    except Exception:
        return
    if answer:
        found.append(str(answer)[:200])


for name in NAMES:
    dotted, path = f"grader.suites.adaptive.{name}", f"@REPOSITORY@/grader/suites/adaptive/{name}"
    for file in (path, f"{path}.py", f"grader/suites/adaptive/{name}.py"):
        ask(lambda: linecache.getlines(file))
        ask(lambda: linecache.getlines(file, {"__name__": dotted, "__loader__": importlib.machinery.SourceFileLoader(dotted, file)}))
        ask(lambda: tokenize.open(file).read())
        ask(lambda: runpy.run_path(file))
        ask(lambda: zipimport.zipimporter(file))
        ask(lambda: importlib.util.spec_from_file_location(name, file).loader.get_data(file))
    ask(lambda: importlib.util.find_spec(dotted))
    ask(lambda: importlib.import_module(dotted))
    ask(lambda: runpy.run_module(dotted))
    ask(lambda: pkgutil.get_data("grader.suites.adaptive", f"{name}.py"))
    ask(lambda: importlib.resources.files("grader.suites.adaptive").joinpath(f"{name}.py").read_text())
ask(lambda: [name for _, name, _ in pkgutil.walk_packages(sys.modules["grader"].__path__)])
for module in [module for name, module in list(sys.modules.items()) if name.startswith(("grader.suites", "grader.judge"))]:
    ask(lambda: inspect.getsource(module))
for frame in [info.frame for info in inspect.stack(context=0) if info.frame.f_globals is not globals()]:
    ask(lambda: "grader.suites" in inspect.getsource(frame))
if found:
    raise RuntimeError(f"found {found[:3]}")
