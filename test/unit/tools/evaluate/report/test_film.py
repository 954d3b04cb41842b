# Copyright 2026 seg_node contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""overlay.mp4 of a recording."""

from __future__ import annotations

import cv2
import numpy as np

from seg_node.tools.evaluate.report.film import OverlayFilm


def test_a_film_keeps_the_time_of_its_images(tmp_path):
    film = OverlayFilm(10.0)
    for index in (0, 1, 2, 5):      # two frames are missing
        film.add(index * 10**8, np.full((48, 64, 3), 40 * index, np.uint8))
    path = tmp_path / 'overlay.mp4'
    path.write_bytes(film.finish())
    video = cv2.VideoCapture(str(path))
    means = []
    while True:
        there, image = video.read()
        if not there:
            break
        means.append(float(image.mean()))
    video.release()
    assert len(means) == 6
    assert np.allclose(means, [0, 40, 80, 80, 80, 200], atol=12)


def test_no_image_no_film():
    assert OverlayFilm(10.0).finish() == b''
