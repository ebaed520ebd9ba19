"""Kernels: the passes over the pixels, compiled by Numba, and the slow reference that they are held to."""
