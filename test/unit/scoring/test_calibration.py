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

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.scoring.calibration import ConfidenceCalibration
from seg_node.scoring.ground_truth import NOT_PATH, path_truth, SOME_PATH, UNKNOWN

pixels = st.lists(st.tuples(
    st.booleans(), st.integers(0, 255), st.sampled_from([SOME_PATH, NOT_PATH, UNKNOWN])),
    max_size=60)


def calibration(triples):
    predicted, confidence, codes = (
        np.array([[one[k] for one in triples]], kind).reshape(1, -1)
        for k, kind in enumerate((np.bool_, np.uint8, np.uint8)))
    return ConfidenceCalibration.of(predicted, confidence, path_truth(codes, ()))


def expected_error(triples, bins=15):
    """Follow equation 3 of Guo et al. (2017), bins (m-1)/M < p <= m/M in whole numbers."""
    known = [(value, (code == SOME_PATH) == guess)
             for guess, value, code in triples if code != UNKNOWN]
    error = 0.0
    for m in range(1, bins + 1):
        inside = [(value, right) for value, right in known
                  if (m - 1) * 255 < value * bins <= m * 255 or (m == 1 and value == 0)]
        if inside:
            accuracy = sum(right for _, right in inside) / len(inside)
            confidence = sum(value for value, _ in inside) / 255 / len(inside)
            error += len(inside) / len(known) * abs(accuracy - confidence)
    return error if known else math.nan


@given(pixels)
def test_the_error_is_that_of_the_definition(triples):
    assert calibration(triples).error() == pytest.approx(expected_error(triples), nan_ok=True)


@given(pixels, pixels)
def test_images_add_up(one, other):
    total = calibration(one) + calibration(other)
    assert (total.counts == calibration(one + other).counts).all()


@given(pixels)
def test_every_known_pixel_is_in_one_bin(triples):
    found = calibration(triples)
    known = sum(code != UNKNOWN for _, _, code in triples)
    assert found.counts.sum() == known
    assert sum(one.share for one in found.bins()) == pytest.approx(1.0 if known else 0.0)
    for one in found.bins():
        assert math.isnan(one.confidence) or one.low <= one.confidence <= one.high + 1e-9


def test_who_is_as_often_right_as_said_has_no_error():
    rng = np.random.default_rng(0)
    confidence = rng.integers(128, 256, (400, 400)).astype(np.uint8)
    path = rng.random((400, 400)) < 0.5
    right = rng.random((400, 400)) < confidence / 255
    codes = np.where(path == right, SOME_PATH, NOT_PATH).astype(np.uint8)
    found = ConfidenceCalibration.of(path, confidence, path_truth(codes, ()))
    assert found.error() < 0.01
    sure = ConfidenceCalibration.of(path, np.full_like(confidence, 255), path_truth(codes, ()))
    assert sure.error() == pytest.approx(1 - right.mean())


def test_maps_that_do_not_fit_are_refused():
    truth = path_truth(np.zeros((2, 3), np.uint8), ())
    flags = np.zeros((2, 3), np.bool_)
    with pytest.raises(ValueError, match='confidence'):
        ConfidenceCalibration.of(flags, np.zeros((3, 2), np.uint8), truth)
    with pytest.raises(ValueError, match='float32, must be uint8'):
        ConfidenceCalibration.of(flags, np.zeros((2, 3), np.float32), truth)
