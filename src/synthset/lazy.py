"""Packages that load their names when these are first used, and packages that can be called."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


def load(target: str) -> Any:
    """Import a module, or what `package.module:name` names."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name) if name else import_module(module)


def offer(
    package: str, targets: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make the `__getattr__` and `__dir__` of a package.

    Args:
        package: its name, for messages.
        targets: what each name stands for, such as `package.module:name`, or a module.
    """

    def get(name: str) -> Any:
        if name not in targets:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return load(targets[name])

    return get, lambda: list(sys.modules[package].__all__)


def make_callable(package: str, target: str) -> None:
    """Let `package(...)` call a function, beside what can be imported from the package.

    Importing a module of a package sets the package as an attribute of its parent, so a function of
    the same name would be there or not, depending on what else was imported. A package that can be
    called is the same object either way.

    Args:
        package: name of a package that is being imported.
        target: the function, such as `package.module:name`; it is loaded when it is first used.
    """

    class CallablePackage(ModuleType):
        @property
        def __wrapped__(self) -> Any:  # the signature that `help` and notebooks show
            return load(target)

        def __call__(self, *arguments: Any, **options: Any) -> Any:
            return load(target)(*arguments, **options)

    sys.modules[package].__class__ = CallablePackage
