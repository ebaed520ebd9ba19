"""Isolate: the loader's threads in a process of their own, for consumers and sources that hold the GIL.

The parent has `child` (for the loader), `process` (one child and its end) and `leases` (memory lent to it); the child
has `server` (its life), `slots` (memory that it lends) and `script` (the parent's main module, if it is needed).
Between them go messages (`channel`), the loader (`payload`), exceptions (`failure`) and batches, which lie in a
`segment` each.

The child is started by hand and not by multiprocessing, which would import the parent's main module in any case, and
leave a process of its own behind, its resource tracker.
"""

from variegate.loader.isolate.child import Child

__all__ = ["Child"]
