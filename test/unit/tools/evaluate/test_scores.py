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

"""Scores that equal those of independent implementations: scikit-learn, and KITTI's definition."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, strategies
import numpy as np
import pytest

from helpers.evaluate_inputs import camera_info, HEIGHT, STORE, WIDTH
from helpers.tiny_model import write_tiny_model
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.models.model import load_model
from seg_node.perception.segmenter import Segmentation
from seg_node.recordings.decoding import DecodedFrame
from seg_node.recordings.sources import RecordedFrame
from seg_node.scoring.birds_eye import ASIDE, BirdsEye, FAR, NEAR
from seg_node.scoring.calibration import ConfidenceCalibration
from seg_node.scoring.ground_truth import path_truth, PathTruth, SOME_PATH, UNKNOWN
from seg_node.scoring.path_curve import path_levels, PathCurve
from seg_node.scoring.path_score import PathScore
from seg_node.stop_go.camera_view import CameraView, FixedPose
from seg_node.stop_go.geometry import CameraPose, Intrinsics, Mounting, View
from seg_node.stop_go.limits import Limits
from seg_node.tools.evaluate.scores import Counts, FrameScore, FrameScorer, PATH_OR_NOT, summary_of

TOLERANCE = 1e-6


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    return load_model(write_tiny_model(tmp_path_factory.mktemp('model')))


def random_frames(model, seed: int, count: int = 3, *, classes: bool = True):
    """Yield (segmentation, codes) with labels that are right more often the surer they are."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        codes = rng.integers(0, 5, (HEIGHT, WIDTH)).astype(np.uint8)
        confidence = rng.integers(0, 256, codes.shape).astype(np.uint8)
        wrong = rng.random(codes.shape) > confidence / 255
        labels = np.where(wrong, rng.integers(0, 5, codes.shape), codes).astype(np.uint8)
        if not classes:
            codes = np.where(np.isin(codes, model.drivable_ids), SOME_PATH, 101).astype(np.uint8)
        codes[rng.random(codes.shape) < 0.1] = UNKNOWN
        yield Segmentation(labels, confidence, WIDTH, HEIGHT, model, 0.0, 0.0), codes


def decoded(info=None) -> DecodedFrame:
    image = CameraImage.of(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    return DecodedFrame(RecordedFrame(0, 0), image, info)


def flat(model, frames):
    """Return of all known pixels: labels, codes, path or not called and true, score of path."""
    parts = []
    for seen, codes in frames:
        known = codes != UNKNOWN
        path = np.isin(codes, [*model.drivable_ids, SOME_PATH])
        called = np.isin(seen.labels, model.drivable_ids)
        sure = seen.confidence.astype(int)
        score = np.where(called, 256 + sure, 255 - sure)
        parts.append([values[known] for values in (
            seen.labels, codes, called, path, score, seen.confidence)])
    return [np.concatenate(values) for values in zip(*parts, strict=True)]


@pytest.mark.parametrize('seed', range(3))
def test_scores_are_those_of_scikit_learn(model, seed):
    metrics = pytest.importorskip('sklearn.metrics')
    scorer = FrameScorer(model, True, None)
    frames = list(random_frames(model, seed))
    counts = sum((scorer.score(decoded(), *frame) for frame in frames), Counts.empty(5))
    told = summary_of(counts, scorer.classes)
    labels, codes, called, path, score, _ = flat(model, frames)
    scores = told['scores']
    expected = {
        'path_iou': metrics.jaccard_score(path, called),
        'path_f1': metrics.f1_score(path, called),
        'precision': metrics.precision_score(path, called),
        'recall': metrics.recall_score(path, called),
        'false_path_rate': 1 - metrics.recall_score(~path, ~called),
        'miou': metrics.jaccard_score(codes, labels, average='macro')}
    assert {name: scores[name] for name in expected} == pytest.approx(expected, abs=TOLERANCE)
    assert list(scores['class_iou'].values()) == pytest.approx(
        metrics.jaccard_score(codes, labels, average=None), abs=TOLERANCE)
    assert told['confusion']['counts'] == metrics.confusion_matrix(codes, labels).tolist()
    precision, recall, _ = metrics.precision_recall_curve(path, score)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    assert scores['path_maxf'] == pytest.approx(f1.max(), abs=TOLERANCE)


def kitti_max_f(path, score, thresholds) -> float:
    """Return MaxF by the counts of the paper: what lies below a threshold is missed."""
    missed = np.array([np.count_nonzero(path & (score < t)) for t in thresholds])
    false = np.array([np.count_nonzero(~path & (score >= t)) for t in thresholds])
    both = np.count_nonzero(path) - missed
    recall = both / np.count_nonzero(path)
    precision = both / np.maximum(both + false, 1)
    used = (recall > 0) | (precision > 0)
    precision, recall = precision[used], recall[used]
    return float((2 * precision * recall / (precision + recall)).max())


@pytest.mark.parametrize('seed', range(3))
def test_max_f_is_that_of_kitti_over_all_images_together(model, seed):
    scorer = FrameScorer(model, False, None)
    frames = list(random_frames(model, seed, classes=False))
    counts = sum((scorer.score(decoded(), *frame) for frame in frames), Counts.empty(2))
    *_, path, score, _ = flat(model, frames)
    told = summary_of(counts, PATH_OR_NOT)
    assert told['scores']['path_maxf'] == pytest.approx(
        kitti_max_f(path, score, range(512)), abs=TOLERANCE)
    assert told['scores']['path_maxf'] >= told['scores']['path_f1']
    # Its own decision is one of the thresholds.
    assert told['scores']['path_f1'] == pytest.approx(
        kitti_max_f(path, score, [256]), abs=TOLERANCE)


def test_calibration_error_is_that_of_its_definition(model):
    scorer = FrameScorer(model, False, None)
    frames = list(random_frames(model, 5, classes=False))
    counts = sum((scorer.score(decoded(), *frame) for frame in frames), Counts.empty(2))
    _, _, called, path, _, confidence = flat(model, frames)
    right, sure = called == path, confidence / 255
    bins = np.clip(np.ceil(sure * 15 - 1e-9).astype(int) - 1, 0, 14)
    expected = sum(abs(right[bins == b].mean() - sure[bins == b].mean()) * (bins == b).mean()
                   for b in range(15) if (bins == b).any())
    told = summary_of(counts, PATH_OR_NOT)
    assert told['scores']['ece'] == pytest.approx(expected, abs=TOLERANCE)
    assert sum(one['count'] for one in told['reliability']['bins']) == len(path)


@given(strategies.integers(0, 2**32 - 1))
def test_one_count_gives_score_and_calibration_of_their_own_modules(seed):
    rng = np.random.default_rng(seed)
    called = rng.random((6, 9)) < 0.5
    confidence = rng.integers(0, 256, called.shape).astype(np.uint8)
    truth = path_truth(rng.choice([0, 1, UNKNOWN], called.shape).astype(np.uint8), [1])
    curve = PathCurve.of(path_levels(called, confidence), truth)
    assert curve.score == PathScore.of(called, truth)
    assert np.array_equal(curve.calibration.counts,
                          ConfidenceCalibration.of(called, confidence, truth).counts)


def test_no_path_has_no_max_f():
    truth = PathTruth(np.zeros((2, 2), np.bool_), np.ones((2, 2), np.bool_))
    levels = path_levels(truth.path, np.zeros((2, 2), np.uint8))
    assert np.isnan(PathCurve.of(levels, truth).max_f)


def test_counts_survive_their_file(model):
    scorer = FrameScorer(model, True, None)
    (frame,) = random_frames(model, 7, 1)
    counts = scorer.score(decoded(), *frame)
    again = Counts.from_json(counts.to_json())
    assert again.to_json() == counts.to_json()
    assert summary_of(again, scorer.classes) == summary_of(counts, scorer.classes)
    assert FrameScore.of(again) == FrameScore.of(counts)


# --- from above ---------------------------------------------------------------------------------

def view(pitch: float = 0.1) -> View:
    intrinsics = Intrinsics(640, 360, 500.0, 500.0, 319.5, 179.5)
    return View(intrinsics, CameraPose.from_mounting(Mounting(height=1.5, pitch=pitch, forward=1)))


def test_a_cell_takes_the_pixel_that_sees_it():
    above = BirdsEye(view(), 640, 360)
    u, v = np.meshgrid(np.arange(640), np.arange(360))
    seen_u, seen_v = above.of(u)[0], above.of(v)[0]
    # Each pixel's ray, met with the ground: within the region, but for half a pixel.
    x = (seen_u - 319.5) / 500
    y = (seen_v - 179.5) / 500
    down = y * np.cos(0.1) + np.sin(0.1)
    ahead = 1.5 / down * (np.cos(0.1) - y * np.sin(0.1))
    aside = 1.5 / down * x
    assert ahead.min() > NEAR - 0.2
    assert ahead.max() < FAR + 2.5
    assert np.abs(aside).max() < 1.04 * ASIDE
    assert 100_000 < above.cells < 320_000      # what lies beside the near image is not seen


def test_scores_from_above_count_metres_not_pixels(model):
    info = STORE.deserialize_cdr(camera_info(0, 60.0), 'sensor_msgs/msg/CameraInfo')
    limits = Limits(mountings={'camera': Mounting(height=1.0, pitch=0.1)})
    scorer = FrameScorer(model, False, CameraView(FixedPose('camera', limits), False))
    codes = np.full((HEIGHT, WIDTH), 101, np.uint8)
    codes[12:] = SOME_PATH
    labels = np.zeros_like(codes)
    labels[14:] = 1      # a few rows are missed: few pixels, many metres
    seen = Segmentation(labels, np.full_like(codes, 255), WIDTH, HEIGHT, model, 0.0, 0.0)
    counts = scorer.score(decoded(info), seen, codes)
    told = summary_of(counts, PATH_OR_NOT)['scores']
    assert 0 < told['path_maxf_bev'] < told['path_maxf']
    other = FrameScorer(model, False, None)
    for without in (scorer.score(decoded(), seen, codes), other.score(decoded(info), seen, codes)):
        assert summary_of(without, PATH_OR_NOT)['scores']['path_maxf_bev'] is None
    assert (counts + without).birds_eye is not None


def test_masks_of_another_size_are_scored_at_their_size(model):
    scorer = FrameScorer(model, True, None)
    (frame,) = random_frames(model, 9, 1)
    seen, _ = frame
    codes = np.repeat(np.repeat(seen.labels, 3, axis=0), 3, axis=1)
    counts = scorer.score(decoded(), replace(seen, width=WIDTH * 3, height=HEIGHT * 3), codes)
    assert FrameScore.of(counts).miou == 1
    assert counts.curve.counts.sum() == 9 * WIDTH * HEIGHT
