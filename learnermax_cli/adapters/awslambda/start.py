"""Imported first: while a function loads nothing is garbage, and looking for some takes a tenth of a cold start."""

import gc
import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    gc.disable()


def loaded() -> None:
    """Look for garbage from now on, though never again in what has been loaded."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
