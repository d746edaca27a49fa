"""Who is in the picture, who wears a hard hat?

    import hatpose
    result = hatpose.detect("photo.jpg")
    for person in result:
        print(person["left_wrist"], person.hat)

The shared library is loaded on first use, not on import.
"""

from .detector import (
    Detector,
    LayerTime,
    Maps,
    Model,
    ModelInfo,
    detect,
    load,
)
from .errors import (
    ArgumentError,
    FileError,
    HatposeError,
    ImageError,
    LibraryError,
    LimitError,
    ModelError,
)
from .network import KEYPOINT_NAMES
from .person import Box, Hat, HatBox, HeadBox, Person, Point, Reason
from .pool import Pool
from .result import Result, Times
from .sheet import contact_sheet

__version__ = "0.1.0"

__all__ = [
    "KEYPOINT_NAMES",
    "ArgumentError",
    "Box",
    "Detector",
    "FileError",
    "Hat",
    "HatBox",
    "HatposeError",
    "HeadBox",
    "ImageError",
    "LayerTime",
    "LibraryError",
    "LimitError",
    "Maps",
    "Model",
    "ModelError",
    "ModelInfo",
    "Person",
    "Point",
    "Pool",
    "Reason",
    "Result",
    "Times",
    "contact_sheet",
    "detect",
    "load",
]
