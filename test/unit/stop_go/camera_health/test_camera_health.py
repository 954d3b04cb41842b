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

"""Tests of seg_node.stop_go.camera_health.camera_health."""

from __future__ import annotations

from itertools import pairwise

import cv2
from hypothesis import given, settings, strategies
import numpy as np
import pytest

from helpers.places import DATA
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.compressed import decode_file
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.images.raw import decode_raw
from seg_node.perception.images.raw_image import RawImage
from seg_node.simulation import demo_drive
from seg_node.stop_go.camera_health.camera_health import CameraHealth, HealthThresholds
from seg_node.stop_go.verdict import Finding, Reason

DRIVE = demo_drive()
AT_ONCE = HealthThresholds(blocked_after=1)
SIZES = [(1, 1), (1, 500), (20, 30), (72, 128), (71, 128), (360, 640), (361, 643), (2160, 3840)]


@pytest.fixture(scope='module')
def view() -> np.ndarray:
    return DRIVE.frame(1.0).bgr


@pytest.fixture(scope='module')
def moving() -> list[np.ndarray]:
    return [DRIVE.frame(1.0 + index / 20).bgr for index in range(15)]


def check(health: CameraHealth, bgr: np.ndarray, encoding: str = '') -> tuple[Finding, ...]:
    return health.check(CameraImage.of(bgr, encoding))


def jpeg(bgr: np.ndarray, size: tuple[int, int]) -> CameraImage:
    """Return what a JPEG of the given size was decoded to."""
    return CameraImage(Pixels.of(bgr), 'jpeg', *size)


def scene(height: int = 360, width: int = 640) -> np.ndarray:
    """Render a grey road under a bright sky."""
    image = np.full((height, width, 3), 200, np.uint8)
    image[height // 2:] = (90, 100, 95)
    return image


def reasons(
    *images: np.ndarray, thresholds: HealthThresholds | None = None,
) -> set[Reason]:
    """Return what is found in the last of the images."""
    health = CameraHealth(thresholds)
    return [{finding.reason for finding in check(health, image)} for image in images][-1]


def noisy(image: np.ndarray, deviation: float) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, deviation, image.shape)
    return (image + noise).clip(0, 255).astype(np.uint8)


def defocused(image: np.ndarray, share: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), share * image.shape[1])


def shaken(image: np.ndarray, share: float, *, upright: bool = False) -> np.ndarray:
    length = round(share * image.shape[1])
    kernel = np.full((1, length), 1 / length, np.float32)
    return cv2.filter2D(image, -1, kernel.T if upright else kernel)


def covered(image: np.ndarray, share: float, brightness: float = 30.0) -> np.ndarray:
    """Cover the left part as something close to the lens does: evenly, with a soft edge."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width, 1), np.float32)
    mask[:, :round(share * width)] = 1
    mask = defocused(mask, 0.03)[..., None]
    return noisy(image * (1 - mask) + brightness * mask, 2.0)


# --- exposure ----------------------------------------------------------------------------------

@pytest.mark.parametrize('size', SIZES)
def test_any_size_is_judged(size):
    assert reasons(np.zeros((*size, 3), np.uint8)) == {Reason.CAMERA_DARK, Reason.CAMERA_COVERED}


@given(
    size=strategies.tuples(strategies.integers(1, 160), strategies.integers(1, 300)),
    seed=strategies.integers(0, 2**32 - 1), low=strategies.integers(0, 255),
    high=strategies.integers(0, 255), count=strategies.integers(1, 3))
@settings(max_examples=60)
def test_any_image_is_judged(size, seed, low, high, count):
    generator = np.random.default_rng(seed)
    health = CameraHealth(AT_ONCE)
    for _ in range(count):
        findings = check(health, generator.integers(
            min(low, high), max(low, high) + 1, (*size, 3), dtype=np.uint8))
        assert len({finding.reason for finding in findings}) == len(findings)
        for finding in findings:
            assert np.isfinite([finding.measured, finding.limit]).all()
            assert finding.measured != finding.limit


def test_ordinary_scene_has_no_findings():
    assert reasons(scene()) == set()


def test_dark_image_says_how_dark():
    image = scene() // 50
    finding = check(CameraHealth(), image)[0]
    assert finding.reason is Reason.CAMERA_DARK
    assert finding.limit == 5.0
    assert 1 < finding.measured < 4
    assert f'{finding.measured:.1f} of 255, limit 5.0' in finding.text


def test_night_with_lights_is_usable():
    image = scene() // 25
    image[180:, 200:440] = 60
    assert reasons(image) == set()


def test_over_exposed_image_is_found():
    image = scene()
    image[:200] = 255
    assert Reason.CAMERA_OVEREXPOSED in reasons(image)
    image = scene()
    image[:160] = 255
    assert Reason.CAMERA_OVEREXPOSED not in reasons(image)


def test_noise_does_not_hide_a_covered_lens():
    assert Reason.CAMERA_COVERED in reasons(noisy(np.full((360, 640, 3), 120.0), 20))


def test_fog_is_found_once_it_takes_the_contrast(view):
    assert reasons(view // 2 + 100) == set()
    assert Reason.CAMERA_COVERED in reasons(view // 16 + 180)


# --- focus and noise ---------------------------------------------------------------------------

@pytest.mark.parametrize('deviation', [0.0, 3.0])
def test_defocus_is_found(view, deviation):
    assert reasons(noisy(defocused(view, 0.001), deviation)) == set()
    assert reasons(noisy(defocused(view, 0.0075), deviation)) == {Reason.CAMERA_BLURRED}


def test_motion_blur_is_found_in_either_direction(view):
    assert reasons(shaken(view, 0.005)) == set()
    assert reasons(shaken(view, 0.05)) == {Reason.CAMERA_BLURRED}
    assert reasons(shaken(view, 0.05, upright=True)) == {Reason.CAMERA_BLURRED}


def test_blur_is_told_as_blur_even_if_nothing_is_left_to_see(view):
    assert reasons(defocused(view, 0.1), thresholds=AT_ONCE) == {Reason.CAMERA_BLURRED}


@pytest.mark.parametrize('size', [(640, 360), (1280, 720), (320, 180)])
def test_noise_is_found(view, size):
    image = cv2.resize(view, size, interpolation=cv2.INTER_AREA)
    assert reasons(noisy(image, 5)) == set()
    health = CameraHealth()
    [finding] = check(health, noisy(image, 25))
    assert finding.reason is Reason.CAMERA_NOISY
    assert finding.text == f'image noisy: noise {finding.measured:.1f} of 255, limit 6.0'
    assert health.measured['max_noise'] == finding.measured


def test_random_bytes_are_found():
    image = np.random.default_rng(2).integers(0, 256, (360, 640, 3), dtype=np.uint8)
    assert Reason.CAMERA_NOISY in reasons(image)


# --- part of the lens --------------------------------------------------------------------------

@pytest.mark.parametrize('brightness', [30.0, 120.0, 200.0])
def test_half_of_the_lens_covered_is_found_after_some_frames(moving, brightness):
    images = [covered(image, 0.5, brightness) for image in moving[:5]]
    assert reasons(*images[:4]) == set()
    assert reasons(*images) == {Reason.CAMERA_BLOCKED}
    assert reasons(*images[:4], moving[4]) == set()


def test_small_part_of_the_lens_covered_is_accepted_by_default_only(view):
    assert reasons(covered(view, 0.2), thresholds=AT_ONCE) == set()
    strict = HealthThresholds(blocked_after=1, max_blocked=0.05)
    assert reasons(covered(view, 0.2), thresholds=strict) == {Reason.CAMERA_BLOCKED}


def test_sky_and_bonnet_can_be_left_out(view):
    image = view.copy()
    image[:240] = 210
    image[280:] = 40
    assert reasons(image, thresholds=AT_ONCE) == {Reason.CAMERA_BLOCKED}
    between = HealthThresholds(blocked_after=1, blocked_top=0.6, blocked_bottom=0.8)
    assert reasons(image, thresholds=between) == set()


# --- one frame after another -------------------------------------------------------------------

def test_repeated_image_is_frozen(view):
    health = CameraHealth()
    assert [check(health, view) for _ in range(11)] == [()] * 11
    [finding] = check(health, view)
    assert finding.reason is Reason.CAMERA_FROZEN
    assert finding.text == 'image frozen: 11 repeated frames in a row, limit 10'
    assert check(health, noisy(view, 1)) == ()


def test_standing_camera_with_noise_is_not_frozen(view):
    health = CameraHealth(HealthThresholds(max_identical=1))
    for seed in range(10):
        noise = np.random.default_rng(seed).normal(0, 1, view.shape)
        assert check(health, (view + noise).clip(0, 255).astype(np.uint8)) == ()


def test_camera_without_noise_may_repeat_itself_where_allowed(view):
    assert reasons(*[view] * 30, thresholds=HealthThresholds(max_identical=0)) == set()


# --- at reduced size ----------------------------------------------------------------------------

def reduced(bgr: np.ndarray, times: int) -> np.ndarray:
    """Return the image as a JPEG that is decoded to a part of its size."""
    height, width = bgr.shape[:2]
    file = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    return decode_file(file, 'jpeg', (width >> times, height >> times)).bgr


@pytest.mark.parametrize('times', [1, 2])
@pytest.mark.parametrize('deviation', [2.0, 15.0, 25.0])
def test_noise_is_that_of_the_cameras_pixels(times, deviation):
    size = (1280, 720)
    bgr = noisy(demo_drive(*size).frame(1.0).bgr, deviation)
    whole, small = CameraHealth(), CameraHealth()
    found = [health.check(jpeg(image, size)) for health, image in (
        (whole, cv2.imdecode(cv2.imencode('.jpg', bgr)[1], cv2.IMREAD_COLOR)),
        (small, reduced(bgr, times)))]
    assert small.measured['max_noise'] == pytest.approx(whole.measured['max_noise'], 0.35, 2.0)
    expected = [Reason.CAMERA_NOISY] if deviation > 10 else []
    assert [[finding.reason for finding in findings] for findings in found] == [expected] * 2


@pytest.mark.parametrize('times', [0, 1, 2])
def test_defocus_is_found_at_any_size(times):
    size = (1280, 720)
    sharp = noisy(demo_drive(*size).frame(1.0).bgr, 2.0)
    for bgr, expected in ((sharp, []), (defocused(sharp, 0.005), [Reason.CAMERA_BLURRED])):
        findings = CameraHealth().check(jpeg(reduced(bgr, times), size))
        assert [finding.reason for finding in findings] == expected


def test_another_size_is_told_also_where_it_is_reduced_to_the_same(view):
    health = CameraHealth()
    assert health.check(jpeg(view, (1280, 720))) == ()
    [finding] = health.check(jpeg(view, (2560, 1440)))
    assert finding.reason is Reason.CAMERA_CHANGED
    assert finding.text == 'image changed from 1280x720 jpeg to 2560x1440 jpeg'


def test_a_check_for_tears_that_comes_back_knows_no_older_image(moving):
    health = CameraHealth(HealthThresholds(max_tear=255.0))
    assert health.thresholds.needs_every_row is False
    torn = np.concatenate((moving[1][:200], 255 - moving[1][200:]))
    for image in (moving[0], torn):
        assert check(health, image) == ()
        assert 'max_tear' not in health.measured
    health.thresholds = HealthThresholds()
    assert health.thresholds.needs_every_row
    assert check(health, moving[2]) == ()
    assert Reason.CAMERA_TORN in {finding.reason for finding in check(health, torn)}


@pytest.mark.parametrize('row', [120, 240])
def test_image_put_together_from_two_is_torn(moving, row):
    other = moving[-1][:, ::-1]
    torn = np.concatenate((moving[1][:row], other[row:]))
    health = CameraHealth()
    assert check(health, moving[0]) == ()
    [finding] = check(health, torn)
    assert finding.reason is Reason.CAMERA_TORN
    assert finding.measured > finding.limit == 5.0
    assert [found.reason for found in check(health, torn)] == [Reason.CAMERA_TORN]
    assert check(health, moving[2]) == ()


def test_missing_rest_of_a_image_is_torn(moving):
    missing = moving[1].copy()
    missing[200:] = 128
    assert Reason.CAMERA_TORN in reasons(moving[0], missing)


def test_level_edge_that_was_there_before_is_no_tear(view):
    barrier = view.copy()
    barrier[200:] = 255 - barrier[200:]
    lower = np.roll(barrier, 3, axis=0)
    assert reasons(barrier, lower) == set()


def lined(view: np.ndarray, beyond: float) -> np.ndarray:
    """Return the view with a bright level line, two rows thick, some of it beyond a border."""
    bgr = cv2.GaussianBlur(view, (0, 0), 3).astype(np.int16)
    for row, share in zip((150, 151, 152), (1.0 - beyond, 1.0, beyond), strict=True):
        bgr[row] += round(40 * share)
    return bgr.clip(0, 255).astype(np.uint8)


def test_a_thin_level_line_may_become_sharper(view):
    # As the horizon of a plain does where the vehicle nods.
    health = CameraHealth(HealthThresholds(min_sharpness=0.0, max_blocked=1.0))
    assert check(health, lined(view, 0.25)) == ()
    assert check(health, lined(view, 0.1)) == ()
    assert health.measured['max_tear'] == 0.0


def test_a_level_line_may_come_out_from_behind_a_thing(view):
    hidden, seen = lined(view, 0.1), lined(view, 0.1)
    hidden[100:200, :210] = cv2.GaussianBlur(view, (0, 0), 3)[100:200, :210]
    health = CameraHealth(HealthThresholds(min_sharpness=0.0, max_blocked=1.0))
    assert check(health, hidden) == check(health, seen) == ()


def test_a_tear_is_found_beside_a_level_line(view):
    torn = lined(view, 0.1)
    torn[250:] = 255 - torn[250:]
    assert Reason.CAMERA_TORN in reasons(lined(view, 0.25), torn)


@pytest.mark.parametrize('encodings, sizes', [
    (('bgr8', 'rgb8'), ((640, 360), (640, 360))), (('bgr8', 'bgr8'), ((640, 360), (320, 180)))])
def test_change_of_size_or_encoding_is_told_once(view, encodings, sizes):
    health = CameraHealth()
    first, second = (cv2.resize(view, size) for size in sizes)
    assert check(health, first, encodings[0]) == ()
    [finding] = check(health, second, encodings[1])
    assert finding.reason is Reason.CAMERA_CHANGED
    assert finding.text == (
        f'image changed from {sizes[0][0]}x{sizes[0][1]} {encodings[0]} '
        f'to {sizes[1][0]}x{sizes[1][1]} {encodings[1]}')
    assert check(health, second, encodings[1]) == ()


def test_restart_forgets(view):
    health = CameraHealth(HealthThresholds(max_identical=1))
    for _ in range(3):
        assert check(health, view) == check(health, view) == ()
        health.restart()
    assert health.measured == {}
    assert check(health, cv2.resize(view, (320, 180))) == ()


# --- no alarms ---------------------------------------------------------------------------------

@pytest.mark.parametrize('step_s', [0.05, 0.2])
def test_rendered_drive_has_no_findings(step_s):
    health = CameraHealth()
    for index in range(100):
        assert check(health, DRIVE.frame(index * step_s).bgr) == (), index * step_s


@pytest.mark.parametrize('quality', [80, 50])
def test_compressed_drive_has_no_findings(moving, quality):
    health = CameraHealth()
    for image in moving:
        _, data = cv2.imencode('.jpg', image, (cv2.IMWRITE_JPEG_QUALITY, quality))
        assert check(health, cv2.imdecode(data, cv2.IMREAD_COLOR)) == ()


def test_padded_rows_are_judged_like_packed_ones(view):
    padded = np.full((360, 700, 3), 255, np.uint8)
    padded[:, :640] = noisy(view, 30)
    assert check(CameraHealth(), padded[:, :640]) == check(CameraHealth(), noisy(view, 30))


@pytest.mark.data
@pytest.mark.parametrize('folder', ['lums/test', 'lums/train', 'roads/test', 'street'])
def test_real_images_are_usable(folder):
    images = sorted((DATA / folder / 'images').glob('*.jpg'))[::20]
    if not images:
        pytest.skip(f'{folder}: no images under $SEG_NODE_DATA or beside the repository')
    loaded = [cv2.imread(str(path)) for path in images]
    assert [path.name for path, image in zip(images, loaded, strict=True)
            if reasons(image, thresholds=AT_ONCE)] == []
    blurred = sum(Reason.CAMERA_BLURRED in reasons(defocused(one, 0.0075)) for one in loaded)
    blocked = sum(Reason.CAMERA_BLOCKED in reasons(covered(one, 0.5), thresholds=AT_ONCE)
                  for one in loaded)
    torn = sum(Reason.CAMERA_TORN in reasons(one, np.concatenate((one[:240], other[240:])))
               for one, other in pairwise(loaded))
    assert blurred == blocked == len(loaded)
    assert torn > 0.6 * (len(loaded) - 1)


@pytest.mark.data
@pytest.mark.parametrize('name', ['solidWhiteRight.mp4', 'test_video.mp4'])
def test_real_drives_have_no_findings(name):
    capture = cv2.VideoCapture(str(DATA / 'videos' / name))
    health = CameraHealth()
    count = 0
    while count < 60:
        readable, image = capture.read()
        if not readable:
            break
        assert check(health, image) == (), count
        count += 1
    capture.release()
    if not count:
        pytest.skip(f'{name}: not under $SEG_NODE_DATA or beside the repository')


# --- limits ------------------------------------------------------------------------------------

def test_limits_can_be_replaced(view):
    health = CameraHealth()
    health.thresholds = HealthThresholds(min_brightness=250.0)
    assert [finding.reason for finding in check(health, view)] == [Reason.CAMERA_DARK]


def test_every_check_can_be_switched_off(view):
    off = HealthThresholds(
        min_brightness=0.0, max_saturated=1.0, min_contrast=0.0, min_sharpness=0.0,
        max_noise=255.0, max_tear=255.0, max_identical=0, max_blocked=1.0)
    damaged = noisy(defocused(view, 0.05), 60)
    damaged[180:] = 0
    black, white = np.zeros_like(view), np.full_like(view, 255)
    for images in ((view, damaged), (black,) * 20, (white,) * 20):
        assert reasons(*images, thresholds=off) == set()


@pytest.mark.parametrize('top', [0, 30, 100, 300, 600, 1000])
@pytest.mark.parametrize('spread', [2, 20])
def test_a_16_bit_camera_in_the_dark_is_not_lit_up(top, spread):
    """Fewer bits look brighter until a bright image has come: noise must not pass for a view."""
    noise = np.random.default_rng(0).normal(top / 2, top / spread, (360, 640)).clip(0, top)
    image = decode_raw(RawImage(360, 640, 'mono16', False, 1280, noise.astype('<u2').tobytes()))
    assert reasons(image) & {Reason.CAMERA_DARK, Reason.CAMERA_COVERED, Reason.CAMERA_NOISY}


@pytest.mark.parametrize('change', [
    {'min_brightness': float('nan')}, {'max_saturated': 1.5}, {'min_contrast': -1},
    {'blocked_bottom': 0.5}, {'max_identical': 1.5}, {'blocked_after': 0}])
def test_bad_limits_are_refused_by_name(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        HealthThresholds(**change)
