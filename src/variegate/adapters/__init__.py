"""Adapters: batches and mappers for one framework each. Import the one that you need, as `variegate.adapters.keras`."""
