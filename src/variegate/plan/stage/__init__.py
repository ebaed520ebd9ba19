"""Stages: what runs a segment of a sample, one a file; `registry` says which runs which effect."""
