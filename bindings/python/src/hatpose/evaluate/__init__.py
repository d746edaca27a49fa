"""Measures a model on labelled photos: `python -m hatpose.evaluate`."""
