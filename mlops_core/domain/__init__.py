"""Nouns and rules of the product: standard library and pydantic only."""
