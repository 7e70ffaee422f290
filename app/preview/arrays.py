"""What the arrays of the preview hold: of a picture first its rows, from the top, then its columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# --- pictures ---

#: What is stored of a frame, rows × columns, or × 3 for RGB: whole numbers of 8 to 32 bits, or floats of 32 or 64.
StoredPixels = NDArray[np.integer | np.floating]
#: The same in the units of the header, such as Hounsfield units or Bq/ml.
Rescaled = NDArray[np.float64]
#: From 0, black, to 1, white; of any shape.
Brightness = NDArray[np.floating]
#: What is shown: grey, rows × columns, or RGB, rows × columns × 3; 0 to 255.
Levels = NDArray[np.uint8]
#: What is laid over it: RGBA, rows × columns × 4; 0 to 255.
Layer = NDArray[np.uint8]
#: Pixels of a picture, rows × columns.
PixelMask = NDArray[np.bool_]

# --- places ---

#: Three: a step or a direction in the patient's coordinates, in millimetres.
Vector = NDArray[np.float64]
#: Points × 3: places in the patient's coordinates, in millimetres.
SpacePoints = NDArray[np.float64]
#: Points × 3: column, row, and millimetres from the plane of the picture.
GridPoints = NDArray[np.float64]
#: Points × 2: column and row; whole numbers are the centres of pixels.
PixelPoints = NDArray[np.float64]

# --- frames of an object ---

#: Per frame, millimetres along a normal; NaN where it has no place.
FramePlaces = NDArray[np.float64]
#: Per frame, the number of its segment, from 1, or 0.
SegmentNumbers = NDArray[np.int64]
