"""`variegate warm`: compile all kernels ahead of their first use."""

from __future__ import annotations

from variegate.cli.options import console


def warm() -> None:
    """Compile every kernel into the cache, so that no later run has to wait.

    Run it once after an install, or while a container image is built.

    **Example:**  `variegate warm`
    """
    from variegate.compiled import folder
    from variegate.plan.warm import warm as kernels

    on = console()
    total = 0.0
    with on.status("compiling kernels") as status:
        for name, seconds in kernels():
            total += seconds
            status.update(f"compiling kernels: {name} took {seconds:.1f} s")
    on.print(f"kernels ready in {total:.1f} s, kept in {folder()}")
