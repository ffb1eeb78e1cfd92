"""Makes an animated picture of the frames that `ui-tests/screenshots/flow.spec.ts` has taken."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

_COLORS = 64


def main() -> None:
    frames, target = Path(sys.argv[1]), Path(sys.argv[2])
    paths = sorted(frames.glob("*.png"))
    pictures = [Image.open(path).convert("RGB") for path in paths]
    # One palette for all: what stays is stored once.
    palette = pictures[-3].quantize(_COLORS)
    first, *others = (picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures)
    first.save(
        target,
        save_all=True,
        append_images=others,
        duration=[int(path.stem.split("-")[1]) for path in paths],
        loop=0,
        optimize=True,
    )


main()
