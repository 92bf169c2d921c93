"""The shipped house policy set: data, read through `importlib.resources`."""
