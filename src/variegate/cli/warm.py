"""`variegate warm`: compile all kernels ahead of their first use."""

from __future__ import annotations

import typer

from variegate.cli.options import console


def warm() -> None:
    """Compile every kernel into the cache, so that no later run has to wait.

    Run it once after an install, or while a container image is built. The exit code is 1 if they cannot be kept. What
    root keeps in the folder that VARIEGATE_CACHE_DIR names, all users may load, if they have no right to write there.

    **Example:**  `variegate warm`
    """
    from variegate import kernel_cache
    from variegate.announcer import announcer
    from variegate.pipeline.warm import warm as kernels

    on = console()
    total = 0.0
    with announcer.quiet(), on.status("compiling kernels") as status:
        for name, seconds in kernels():
            total += seconds
            status.update(f"compiling kernels: {name} took {seconds:.1f} s")
    if kernel_cache.trouble:
        on.print(f"kernels ready in {total:.1f} s, but not kept: {kernel_cache.trouble[0]}", markup=False)
        raise typer.Exit(1)
    on.print(f"kernels ready in {total:.1f} s, kept in {kernel_cache.folder()}", markup=False)
