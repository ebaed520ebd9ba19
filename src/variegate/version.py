"""The version of this package, which records and fingerprints carry."""

VERSION = "0.6.0"
