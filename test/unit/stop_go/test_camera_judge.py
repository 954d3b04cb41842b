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
"""The decision of one camera, put together; and how much of an image has to be decoded."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from helpers.views import ground_seen
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.stop_go import (
    CameraPose,
    Decision,
    Geometry,
    Instant,
    Intrinsics,
    Motion,
    Mounting,
    Reason,
    Thresholds,
    Vehicle,
    View,
)
from seg_node.stop_go.camera_health.thresholds import HealthThresholds
from seg_node.stop_go.camera_judge import CameraJudge
from seg_node.stop_go.camera_view import CameraView, FixedPose
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.second_opinion.opinion import Opinion
from seg_node.stop_go.second_opinion.opinion_limits import OpinionLimits
from seg_node.stop_go.second_opinion.second_opinion import SecondOpinion
from seg_node.stop_go.segmented_image import SegmentedImage
from seg_node.stop_go.verdict import Finding

TRAPEZOID = Limits(
    stop_go=Thresholds(go_after=2, go_hold=0.0), camera_health=HealthThresholds(
        max_identical=0, max_blocked=1.0, max_tear=255.0, min_sharpness=0.0, min_contrast=0.0))
WIDTH, HEIGHT = 64, 48
CLASSES = (ClassInfo('background', (0, 0, 0), False, Action.STOP),
           ClassInfo('path', (0, 255, 0), True, Action.GO))
GREY = CameraImage.of(np.full((HEIGHT, WIDTH, 3), 128, np.uint8), 'bgr8')
BLACK = CameraImage.of(np.zeros((HEIGHT, WIDTH, 3), np.uint8), 'bgr8')


class Camera:
    """A camera at 10 Hz before a judge."""

    def __init__(self, limits=TRAPEZOID, geometry=Geometry.TRAPEZOID, view=None):
        self.limits, self.now = limits, 10.0
        self.judge = CameraJudge(limits, geometry, view)
        self.judge.load(CLASSES, WIDTH, HEIGHT)
        self.judge.activate(Instant(self.now, self.now))

    def seen(self, image=GREY, decoded_under=None, info=None, info_changes=0):
        labels = np.zeros((HEIGHT, WIDTH), np.uint8)
        labels[HEIGHT // 2:] = 1
        inspection = self.judge.inspect(image, decoded_under or self.limits)
        return SegmentedImage(
            WIDTH, HEIGHT, labels, np.full_like(labels, 255), inspection, info,
            info_changes=info_changes, stamp_ns=round(self.now * 1e9))

    def assess(self, *args, **kwargs):
        return self.judge.assess(self.seen(*args, **kwargs))

    def frame(self, assessment):
        self.now += 0.1
        now = Instant(self.now, self.now)
        self.judge.observe(round(self.now * 1e9), assessment, now)
        self.judge.update(now)
        return self.judge.verdict(now)

    def go(self):
        self.frame(self.assess())
        verdict = self.frame(self.assess())
        assert verdict.decision is Decision.GO, verdict
        return verdict


def test_health_and_corridor_make_one_decision():
    camera = Camera()
    camera.go()
    assessment = camera.assess(BLACK)
    assert assessment.findings[0].reason is Reason.CAMERA_DARK
    assert camera.frame(assessment).reason is Reason.CAMERA_DARK
    assert camera.judge.last.measure is assessment.measure
    assert camera.judge.last.stamp_ns == round(camera.now * 1e9)


def test_all_that_was_found_in_a_frame_is_returned():
    camera = Camera()
    camera.go()

    def found(stamp, arrival, image=GREY):
        return {finding.reason for finding in camera.judge.observe(
            round(stamp * 1e9), camera.assess(image), Instant(arrival, arrival))}

    now = camera.now
    assert found(now + 0.1, now + 0.1) == set()
    assert found(now + 0.2, now + 0.2, BLACK) == {Reason.CAMERA_DARK}
    assert found(now + 0.15, now + 0.3) == {Reason.STAMP_BACKWARDS}
    assert found(now + 9.0, now + 0.4) == {Reason.STAMP_IN_FUTURE}
    assert found(now + 9.1, now + 9.1) == set()
    camera.judge.deactivate()
    assert found(now + 9.2, now + 9.2) == {Reason.NOT_ACTIVE}


def test_a_frame_from_before_the_activation_is_not_believed():
    camera = Camera()
    before = Instant(camera.now - 1.0, camera.now - 1.0)
    [finding] = camera.judge.observe(round(before.ros * 1e9), camera.assess(), before)
    assert finding.reason is Reason.NOT_ACTIVE


def test_a_camera_on_the_ground_needs_its_camera_info():
    limits = replace(TRAPEZOID, vehicle=Vehicle(width=0.5, max_speed=1.0),
                     mountings={'camera': Mounting(height=1.0)})
    camera = Camera(limits, Geometry.GROUND, CameraView(FixedPose('camera', limits), False))
    assessment = camera.assess()
    assert [finding.reason for finding in assessment.findings] == [Reason.NO_CAMERA_INFO]
    assert (assessment.view, assessment.measure) == (None, None)
    assert camera.frame(assessment).reason is Reason.NO_CAMERA_INFO


def changed(limits):
    return replace(limits, camera_health=replace(limits.camera_health, min_brightness=1.0))


def test_changed_limits_end_go():
    camera = Camera()
    camera.go()
    camera.judge.apply(changed(TRAPEZOID))
    now = Instant(camera.now, camera.now)
    assert camera.judge.verdict(now).reason is Reason.CONFIRMING


@pytest.mark.parametrize('stage', ['decoded', 'assessed'])
def test_a_frame_under_old_limits_earns_nothing(stage):
    """Limits that change while a frame is on its way: no part of it may count for GO."""
    camera = Camera(replace(TRAPEZOID, stop_go=Thresholds(go_after=1, go_hold=0.0)))
    assessment = camera.assess() if stage == 'assessed' else None
    old, camera.limits = camera.limits, changed(camera.limits)
    camera.judge.apply(camera.limits)
    if assessment is None:
        assessment = camera.assess(decoded_under=old)
    verdict = camera.frame(assessment)
    assert (verdict.decision, verdict.reason) == (Decision.STOP, Reason.CONFIRMING)
    assert 'limits changed' in verdict.text
    assert camera.frame(camera.assess()).decision is Decision.GO


def test_limits_that_do_not_fit_are_refused_and_change_nothing():
    camera = Camera()
    camera.go()
    for refuse in (camera.judge.check, camera.judge.apply):
        with pytest.raises(ValueError, match='no class'):
            refuse(replace(TRAPEZOID, class_actions=('sidewalk=go',)))
    assert camera.judge.verdict(Instant(camera.now, camera.now)).decision is Decision.GO
    camera.judge.deactivate()
    camera.judge.unload()
    camera.judge.check(replace(TRAPEZOID, class_actions=('sidewalk=go',)))


def test_activation_starts_from_nothing():
    camera = Camera()
    camera.go()
    camera.judge.deactivate()
    assert camera.judge.last is None
    camera.judge.activate(Instant(camera.now, camera.now))
    assert camera.frame(camera.assess()).reason is Reason.CONFIRMING


# --- the mounting ---------------------------------------------------------------------------

SIZE = 320, 180
FOCAL = 250.0
TRUE_PITCH = 0.15


def info():
    """Return the camera_info of the camera on the road, as the node gets it."""
    roi = SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0)
    k = [FOCAL, 0.0, 159.5, 0.0, FOCAL, 89.5, 0.0, 0.0, 1.0]
    return SimpleNamespace(
        header=SimpleNamespace(frame_id='camera'), width=SIZE[0], height=SIZE[1], k=k,
        p=[0.0] * 12, d=[], distortion_model='plumb_bob', binning_x=0, binning_y=0, roi=roi)


def open_road(pitch=TRUE_PITCH, height=1.3):
    """Return the labels of a road of 5 m that is seen 60 m far."""
    mounting = Mounting(height=height, pitch=pitch)
    ground = ground_seen(View(Intrinsics(*SIZE, FOCAL, FOCAL, 159.5, 89.5),
                              CameraPose.from_mounting(mounting)))
    with np.errstate(invalid='ignore'):
        return ((np.abs(ground[..., 1]) < 2.5) & (ground[..., 0] < 60)).astype(np.uint8)


class Driving(Camera):
    """A camera on a vehicle that drives at 1 m/s, 0.15 rad down, with another pitch told."""

    def __init__(self, pitch, **others):
        limits = Limits(
            vehicle=Vehicle(width=0.8, max_speed=1.5), camera_health=TRAPEZOID.camera_health,
            stop_go=Thresholds(go_after=2, go_hold=0.0), **others,
            mountings={'camera': Mounting(height=1.3, pitch=pitch)})
        self.limits, self.now = limits, 10.0
        self.labels = open_road()
        self.judge = CameraJudge(
            limits, Geometry.GROUND, CameraView(FixedPose('camera', limits), False))
        self.judge.load(CLASSES, *SIZE)
        self.judge.activate(Instant(self.now, self.now))

    def assess(self, labels=None):
        labels = self.labels if labels is None else labels
        return self.judge.assess(SegmentedImage(
            *SIZE, labels, np.full_like(labels, 255), None, info(), Motion(1.0)))

    def drive(self, frames):
        return [self.frame(self.assess()) for _ in range(frames)]

    def tune(self, **angles):
        mounting = replace(self.limits.mountings['camera'], **angles)
        self.limits = replace(self.limits, mountings={'camera': mounting})
        self.judge.apply(self.limits)


@pytest.mark.parametrize('error', [-0.02, 0.0, 0.02])
def test_a_mounting_that_fits_goes(error):
    verdicts = Driving(TRUE_PITCH + error).drive(300)
    assert [verdict.decision for verdict in verdicts[2:]] == [Decision.GO] * 298


@pytest.mark.parametrize('pitch', [-0.1, 0.0, 0.05])
def test_a_pitch_that_lets_obstacles_seem_far_never_goes(pitch):
    for verdict in Driving(pitch).drive(200):
        assert (verdict.decision, verdict.reason) == (Decision.STOP, Reason.MOUNTING_DOUBTFUL)


@pytest.mark.parametrize('pitch', [0.25, 0.3])
def test_a_pitch_that_lays_the_corridor_into_the_hills_does_not_go_on(pitch):
    camera = Driving(pitch)
    verdicts = camera.drive(150)
    assert verdicts[3].decision is Decision.GO
    far = camera.judge.last.measure.free_distance
    assert 3.0 < far < 12.0
    late = verdicts[round(10 * far) + 20:]
    assert {verdict.reason for verdict in late} == {Reason.MOUNTING_DOUBTFUL}


def test_doubt_about_the_mounting_is_no_matter_of_a_single_frame():
    camera = Driving(TRUE_PITCH)
    camera.drive(100)
    verdict = camera.frame(camera.assess(open_road(0.5)))
    assert verdict.decision is Decision.GO
    camera.labels = open_road(0.3)      # somebody has bent the camera down
    assert camera.drive(20)[-1].reason is Reason.MOUNTING_DOUBTFUL


def test_a_mounting_can_be_tuned_while_it_drives():
    camera = Driving(0.0)
    assert camera.drive(20)[-1].reason is Reason.MOUNTING_DOUBTFUL
    camera.tune(pitch=TRUE_PITCH)
    assert camera.drive(5)[-1].decision is Decision.GO


@pytest.mark.parametrize('change', [
    {'pitch': 0.14}, {'height': 1.2}, {'yaw': 0.01}, {'left': 0.1}, {'roll': 0.01}])
def test_another_mounting_takes_go_away_at_once(change):
    camera = Driving(TRUE_PITCH)
    assert camera.drive(5)[-1].decision is Decision.GO
    camera.tune(**change)
    now = Instant(camera.now, camera.now)
    assert camera.judge.verdict(now).decision is Decision.STOP
    assert camera.drive(1)[0].decision is Decision.STOP
    assert camera.drive(5)[-1].decision is Decision.GO


def test_a_frame_seen_under_the_old_mounting_earns_nothing():
    camera = Driving(TRUE_PITCH)
    camera.drive(5)
    before = camera.assess()
    camera.tune(pitch=0.14)
    assert camera.frame(before).decision is Decision.STOP
    camera = Driving(TRUE_PITCH)
    camera.limits = replace(camera.limits, stop_go=Thresholds(go_after=1, go_hold=0.0))
    camera.judge.apply(camera.limits)
    before = camera.assess()
    camera.tune(pitch=0.14)
    verdict = camera.frame(before)
    assert verdict.decision is Decision.STOP and 'limits changed' in verdict.text


# --- a mounting that TF tells ------------------------------------------------------------------

class Mount:
    """A view whose mounting can be moved; there is always a camera_info."""

    def __init__(self):
        self.mounting = Mounting(height=1.3, pitch=0.6)

    def view(self, info, width, height):
        return View(Intrinsics(width, height, 40.0, 40.0, (width - 1) / 2, (height - 1) / 2),
                    CameraPose.from_mounting(self.mounting))

    def apply(self, limits):
        """Do nothing: TF tells the mounting."""


def mounted():
    """Return a camera that says GO on the ground, and its mount."""
    mount = Mount()
    camera = Camera(replace(TRAPEZOID, vehicle=Vehicle(width=0.5, max_speed=0.1),
                            stop_go=Thresholds(go_after=2, go_hold=0.0, max_change=1.0)),
                    Geometry.GROUND, mount)
    camera.go()
    return camera, mount


@pytest.mark.parametrize(('change', 'words'), [
    ({'height': 0.6}, 'by 0.70 m and 0.000 rad, 1.30 to 0.60 m over the ground'),
    ({'pitch': 0.4}, 'by 0.00 m and 0.200 rad'), ({'yaw': 0.011}, '0.011 rad'),
    ({'roll': -0.2}, '0.200 rad'), ({'left': 0.03}, 'by 0.03 m')], ids=str)
def test_a_mounting_that_changes_ends_go(change, words):
    camera, mount = mounted()
    mount.mounting = replace(mount.mounting, **change)
    verdict = camera.frame(camera.assess())
    assert (verdict.decision, verdict.reason) == (Decision.STOP, Reason.CAMERA_CHANGED)
    assert words in verdict.text
    assert camera.frame(camera.assess()).reason is not Reason.CAMERA_CHANGED, 'once'


def test_another_lens_between_two_images_ends_go():
    camera, _ = mounted()
    assert camera.frame(camera.assess()).decision is Decision.GO
    for changes in (2, 4, 6):      # there and back again: the newest is always the same
        verdict = camera.frame(camera.assess(info_changes=changes))
        assert (verdict.decision, verdict.reason) == (Decision.STOP, Reason.CAMERA_CHANGED)
    assert camera.frame(camera.assess(info_changes=6)).reason is not Reason.CAMERA_CHANGED


def test_go_is_earned_anew_on_the_other_mounting():
    camera, mount = mounted()
    mount.mounting = replace(mount.mounting, height=1.2)
    assert camera.frame(camera.assess()).reason is Reason.CAMERA_CHANGED
    assert camera.frame(camera.assess()).reason is Reason.CONFIRMING
    assert camera.frame(camera.assess()).decision is Decision.GO


def test_a_mounting_that_creeps_ends_go_too():
    camera, mount = mounted()
    seen = []
    for step in range(1, 16):
        mount.mounting = replace(mount.mounting, pitch=0.6 + 0.001 * step)
        seen.append(camera.frame(camera.assess()).reason)
    assert seen[:9] == [Reason.CLEAR] * 9
    assert Reason.CAMERA_CHANGED in seen[9:12]


def test_what_shakes_within_the_error_that_is_reckoned_with_goes_on():
    camera, mount = mounted()
    for step in range(10):
        mount.mounting = replace(mount.mounting, pitch=0.6 + 0.004 * (-1) ** step,
                                 height=1.3 + 0.01 * (-1) ** step)
        assert camera.frame(camera.assess()).decision is Decision.GO


def test_a_network_that_answers_the_same_whatever_it_sees_ends_go():
    camera = Camera()
    camera.go()
    graded = np.full((HEIGHT, WIDTH), 255, np.uint8)
    graded[0] = np.arange(WIDTH)

    def frame(change):
        image = CameraImage.of(np.full((HEIGHT, WIDTH, 3), 128 + change, np.uint8), 'bgr8')
        return camera.frame(camera.judge.assess(replace(camera.seen(image), confidence=graded)))

    verdicts = [frame(number % 2) for number in range(1, 9)]
    assert [verdict.decision for verdict in verdicts[:4]] == [Decision.GO] * 4
    assert {verdict.reason for verdict in verdicts[4:]} == {Reason.MASK_FROZEN}
    camera.judge.activate(Instant(camera.now, camera.now))
    assert frame(0).reason is Reason.CONFIRMING
    standing = [camera.frame(camera.judge.assess(replace(camera.seen(), confidence=graded)))
                for _ in range(9)]
    assert standing[-1].decision is Decision.GO, 'the image itself repeats'


# --- a second opinion --------------------------------------------------------------------------

DOUBT = Finding(Reason.STANDS_UP, 'something stands up on the path at 0.70 m, needed 1.20')


@pytest.mark.parametrize(('stands_up', 'looks_different', 'before'), [
    ('report', 'report', False), ('report', 'off', False), ('stop', 'report', True),
    ('report', 'stop', True), ('stop', 'off', True)])
def test_a_decision_waits_only_for_witnesses_that_may_stop(
        monkeypatch, stands_up, looks_different, before):
    camera, _ = mounted()
    camera.limits = replace(
        camera.limits, stop_go=replace(camera.limits.stop_go, stop_after=1),
        second_opinion=OpinionLimits(stands_up=stands_up, looks_different=looks_different))
    camera.judge.apply(camera.limits)
    camera.go()
    asked = []

    def ask(self, look):
        asked.append(look.stamp_ns)
        return Opinion(findings=(DOUBT,) if before else (), silent=(f'{len(asked)}',))

    monkeypatch.setattr(SecondOpinion, 'ask', ask)
    image = camera.seen()
    assessment = camera.judge.assess(image)
    assert asked == [image.stamp_ns] * before
    verdict = camera.frame(assessment)
    assert verdict.decision is (Decision.STOP if before else Decision.GO)
    assert (camera.judge.last.opinion is not None) is before
    consulted = camera.judge.consult(image, assessment)
    assert asked == [image.stamp_ns], 'once'
    assert camera.judge.last.opinion is consulted.opinion is not None
    assert consulted.findings == assessment.findings
    camera.judge.deactivate()
    assert camera.judge.last is None


def test_witnesses_that_are_off_are_not_asked(monkeypatch):
    camera, _ = mounted()
    camera.limits = replace(camera.limits, second_opinion=OpinionLimits('off', 'off'))
    camera.judge.apply(camera.limits)
    monkeypatch.setattr(SecondOpinion, 'ask', None)
    image = camera.seen()
    assessment = camera.judge.assess(image)
    assert camera.judge.consult(image, assessment).opinion is None


class Shaking:
    """The pose of a camera that TF tells anew with each image, a little different."""

    def __init__(self, pitch):
        self.pitch, self.count = pitch, 0

    def pose(self, frame_id):
        self.count += 1
        return CameraPose.from_mounting(
            Mounting(height=1.3, pitch=self.pitch + 0.002 * (-1) ** self.count))

    def apply(self, limits):
        """Do nothing: TF tells the mounting."""


@pytest.mark.parametrize(('pitch', 'reason'), [
    (TRUE_PITCH, Reason.CLEAR), (0.3, Reason.MOUNTING_DOUBTFUL)])
def test_a_mounting_that_shakes_can_be_doubted(pitch, reason):
    camera = Driving(pitch)
    camera.judge = CameraJudge(
        camera.limits, Geometry.GROUND, CameraView(Shaking(pitch), False))
    camera.judge.load(CLASSES, *SIZE)
    camera.judge.activate(Instant(camera.now, camera.now))
    assert camera.drive(150)[-1].reason is reason
