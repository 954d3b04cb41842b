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

"""The film of a recording, and the frames of its contact sheet."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from helpers.films import film_means, gray
from seg_node.tools.evaluate.film import contact_sheet, OverlayFilm, SHEET
from seg_node.tools.evaluate.report.results import place_on_sheet
from seg_node.tools.evaluate.row import columns_of, Row


def test_image_k_of_a_film_is_frame_k(tmp_path):
    film = OverlayFilm(10.0)
    for value in (0, 40, 80, 200):
        film.add(gray(value, *((48, 64) if value != 80 else (97, 33))))      # scaled, not left out
    files = film.finish([1, 3])
    path = tmp_path / film.name
    path.write_bytes(files[film.name])
    video = cv2.VideoCapture(str(path))
    assert np.allclose(film_means(path), [0, 40, 80, 200], atol=12)
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(10)
    video.release()
    pictures = [cv2.imdecode(np.frombuffer(files[place_on_sheet(number)], np.uint8), 1)
                for number in (1, 3)]
    assert np.allclose([picture.mean() for picture in pictures], [40, 200], atol=12)


@pytest.mark.parametrize('fps', [float('nan'), 0.2, -1.0])
def test_a_rate_that_no_film_can_have_is_one_image_a_second(fps):
    film = OverlayFilm(fps)
    assert film.fps == 1
    film.close()


def test_no_image_no_film():
    assert OverlayFilm(10.0).finish([]) == {}


def test_a_contact_sheet_shows_where_the_decision_changes():
    decided = ['stop'] * 40 + ['go'] * 3 + ['stop'] * 50
    table = columns_of(Row('a', k, k / 10, None, one, 'blocked', '')
                       for k, one in enumerate(decided))
    chosen = contact_sheet(table)
    assert {0, 40, 43, 92} <= set(chosen)
    assert len(chosen) == SHEET
    assert contact_sheet(columns_of([])) == []
