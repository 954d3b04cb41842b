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

"""Films as files: codecs, and those that browsers play."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.films import film_means, gray
from seg_node.tools.common import video_files
from seg_node.tools.common.video_files import FilmCodec, for_browsers, MPEG4, open_writer


def mpeg4(path, count=12):
    writer, _ = open_writer(path, (MPEG4,), 12.5, (64, 48))
    for value in range(count):
        writer.write(gray(20 * value))
    writer.release()
    return path.with_suffix('.mp4')


@pytest.mark.parametrize('ffmpeg', [True, False])
def test_a_film_is_made_fit_for_browsers_frame_by_frame(tmp_path, monkeypatch, ffmpeg):
    if ffmpeg and not video_files.has_ffmpeg():
        pytest.skip('ffmpeg is not installed')
    monkeypatch.setattr(video_files, 'has_ffmpeg', lambda: ffmpeg)
    path = mpeg4(tmp_path / 'overlay')
    film = for_browsers(path)
    assert film.suffix == ('.mp4' if ffmpeg else '.webm')
    assert [one.name for one in tmp_path.iterdir()] == [film.name]
    assert np.allclose(film_means(film), [20 * value for value in range(12)], atol=12)
    assert for_browsers(film) == film
    assert for_browsers(tmp_path / 'none.mp4') == tmp_path / 'none.mp4'


def test_a_film_that_cannot_be_made_fit_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(video_files, 'has_ffmpeg', lambda: False)
    monkeypatch.setattr(video_files, 'VP8', FilmCodec('none', '.webm'))
    path = mpeg4(tmp_path / 'overlay')
    assert for_browsers(path) == path
    assert len(film_means(path)) == 12
    assert [one.name for one in tmp_path.iterdir()] == ['overlay.mp4']


def test_without_an_encoder_nothing_is_left_behind(tmp_path):
    with pytest.raises(OSError, match='no encoder for none'):
        open_writer(tmp_path / 'a', [FilmCodec('none', '.mp4')], 10, (64, 48))
    assert list(tmp_path.iterdir()) == []
