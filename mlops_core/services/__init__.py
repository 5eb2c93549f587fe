"""What a person can do: one function each, its first argument the workspace, one transaction.

Pages, routes and the shell call these and nothing below. Every error is an ``MlopsError``.
"""
