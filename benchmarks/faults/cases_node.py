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

"""Faults of the node itself: its process, its lifecycle, its parameters, its model, its logs."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import resource
import signal
import time

from benchmarks.faults import damage
from benchmarks.faults.case import (
    clip,
    does,
    Fault,
    heal,
    images,
    Inject,
    NotCaughtError,
    nothing,
    restart,
    road_frames,
    sets,
    Step,
)
from benchmarks.faults.commands import Command
from benchmarks.faults.images import with_command
from benchmarks.faults.models import (
    GRAPH,
    MANIFEST,
    write_broken_gpu,
    write_changed_weights,
    write_endless,
    write_wrong_engine,
)
from benchmarks.faults.setups import OWN_MODEL, PLAIN, SHORT_LOADING
from benchmarks.faults.table import Clock, Moment
from benchmarks.faults.testbed import FaultTestbed

_PAUSE = 1.2        # seconds; consumers give up after 0.5
_ABOVE_THE_ROAD = 0.2
_SILENCE = 0.8      # seconds that a dead node is listened to


# --- the process ---------------------------------------------------------------------------------

def _pause(testbed: FaultTestbed) -> Moment:
    """Freeze the node and let it run on; nobody can say STOP in between."""
    assert testbed.process is not None
    begin = time.monotonic()
    testbed.process.send(signal.SIGSTOP)
    testbed.wait_until(begin + _PAUSE)
    resumed = time.monotonic()
    testbed.process.send(signal.SIGCONT)
    return Moment(begin, resumed, Clock.RESUME)


def _kill(testbed: FaultTestbed) -> Moment:
    now = testbed.kill_node()
    testbed.wait_until(now + _SILENCE)
    return Moment(now, now, Clock.SILENCE)


def _terminate(testbed: FaultTestbed) -> Moment:
    now = testbed.kill_node(signal.SIGTERM)
    return Moment(now, now, Clock.REQUEST)


# --- lifecycle -----------------------------------------------------------------------------------

def _work_long(testbed: FaultTestbed) -> None:
    """Keep a frame in hand nearly all the time, so that transitions come in the middle of one."""
    images(with_command(Command.WORK))(testbed)


def _reach(*labels: str) -> Step:
    return lambda testbed: testbed.client.reach(*labels)


def _heal_and_reach(*labels: str) -> Step:
    def recover(testbed: FaultTestbed) -> None:
        heal(testbed)
        _reach(*labels)(testbed)
    return recover


# --- parameters ----------------------------------------------------------------------------------

def _refused_value(testbed: FaultTestbed) -> Moment:
    """Ask for a limit that makes no sense; it must be refused and change nothing."""
    for name, value in (('stop_go.max_image_age', 1e9), ('stop_go.max_image_age', float('nan')),
                        ('stop_go.go_after', 0), ('trapezoid.far_row', 0.99)):
        if testbed.client.set_parameter(name, value).successful:
            raise NotCaughtError(f'{name} took the value {value}')
    return clip(lambda _: testbed.clips.obstacle, road_frames)(testbed)


def _latched(testbed: FaultTestbed) -> Moment:
    """Let a fault come and go; with latched faults it counts until the reset."""
    moment = images(damage.dark)(testbed)
    testbed.wait_for_stop(moment.fault, 2.0)
    heal(testbed)
    return moment


def _reset(testbed: FaultTestbed) -> None:
    sets('stop_go.latch_faults', False)(testbed)
    testbed.client.reset()


# --- the model -----------------------------------------------------------------------------------

def _remove(model: Path) -> None:
    (model / GRAPH).unlink()


def _truncate(model: Path) -> None:
    data = (model / GRAPH).read_bytes()
    (model / GRAPH).write_bytes(data[:len(data) // 2])


def _another(model: Path) -> None:
    with (model / GRAPH).open('ab') as graph:
        graph.write(b'\x7a\0')      # an empty field that nobody reads


def _fifo(model: Path) -> None:
    (model / GRAPH).unlink()
    os.mkfifo(model / GRAPH)


def _endless(model: Path) -> None:
    (model / GRAPH).unlink()
    (model / GRAPH).symlink_to('/dev/zero')


def _no_manifest(model: Path) -> None:
    (model / MANIFEST).unlink()


def _damaged(damage: Callable[[Path], None], refused: str) -> Inject:
    """Damage the model and have it loaded again, where the transition `refused` must fail."""
    def inject(testbed: FaultTestbed) -> Moment:
        now = time.monotonic()
        _reach('deactivate', 'cleanup')(testbed)
        testbed.keep['model'] = {name: (testbed.model / name).read_bytes()
                               for name in (GRAPH, MANIFEST)}
        damage(testbed.model)
        if refused == 'activate':
            _reach('configure')(testbed)
        if testbed.client.change_state(refused):
            raise NotCaughtError(f'{refused} succeeded')
        return Moment(now, now, Clock.REQUEST)
    return inject


def _repair(testbed: FaultTestbed) -> None:
    for name, data in testbed.keep['model'].items():
        (testbed.model / name).unlink(missing_ok=True)      # it may be no file any more
        (testbed.model / name).write_bytes(data)
    # From inactive, where the model was loaded, or from unconfigured.
    testbed.client.change_state('cleanup')
    _reach('configure', 'activate')(testbed)


# --- the disk ------------------------------------------------------------------------------------

def _fill_disk(testbed: FaultTestbed) -> None:
    """
    Let every write to a file fail that would make it longer, as on a full disk.

    A limit of the process (RLIMIT_FSIZE), so that no disk has to be filled.
    """
    assert testbed.process is not None
    resource.prlimit(testbed.process.pid, resource.RLIMIT_FSIZE, (1, 1))


NODE_FAULTS = (
    Fault('node_paused', 'the node is frozen (SIGSTOP) for 1.2 s: consumers hear silence', PLAIN,
          ('stale', 'stale_stamp'), _pause, nothing, hold=0.3),
    Fault('deactivated_mid_frame', 'deactivate while a frame is in work', PLAIN,
          ('not_active',), does(_reach('deactivate')), _heal_and_reach('activate'),
          prepare=_work_long),
    Fault('cleaned_up_mid_frame', 'deactivate and cleanup while a frame is in work', PLAIN,
          ('not_active',), does(_reach('deactivate', 'cleanup')),
          _heal_and_reach('configure', 'activate'), prepare=_work_long),
    Fault('value_refused', 'limits that make no sense are asked for; then an obstacle', PLAIN,
          ('blocked',), _refused_value),
    Fault('limit_tightened', 'the corridor is made longer than the road', PLAIN,
          ('blocked', 'low_coverage'), does(sets('trapezoid.far_row', _ABOVE_THE_ROAD)),
          sets('trapezoid.far_row', 0.62)),
    Fault('limit_changed', 'a limit changes that the road still meets', PLAIN,
          ('confirming',), does(sets('stop_go.min_coverage', 0.9)),
          sets('stop_go.min_coverage', 0.85), hold=0.2),
    Fault('latched_fault', 'dark for a moment, with latched faults: STOP until ~/reset', PLAIN,
          ('latched_fault',), _latched, _reset, prepare=sets('stop_go.latch_faults', True)),
    Fault('disk_full', 'no log can be written any more; then an obstacle', PLAIN,
          ('blocked',), clip(lambda testbed: testbed.clips.obstacle, road_frames),
          prepare=_fill_disk, ends_node=True),
    Fault('shut_down_mid_frame', 'shutdown while a frame is in work, then a new process', PLAIN,
          ('not_active',), does(_reach('shutdown')), restart, prepare=_work_long),
    Fault('node_terminated', 'SIGTERM, then a new process', PLAIN,
          ('not_active',), _terminate, restart, prepare=_work_long),
    Fault('node_killed', 'the node is killed: consumers hear silence', PLAIN,
          (), _kill, restart),
)

MODEL_FAULTS = (*(
    Fault(name, about, OWN_MODEL, ('loading_failed',), _damaged(damage, 'configure'), _repair)
    for name, about, damage in (
        ('model_missing', 'the graph is gone when the model is loaded', _remove),
        ('model_truncated', 'half of the graph is missing', _truncate),
        ('model_changed', 'the graph has another checksum than the manifest', _another),
        ('weights_changed', 'a bit of the weights, in a file beside the graph, has flipped',
         write_changed_weights),
        ('model_fifo', 'the graph is a FIFO that nobody writes to', _fifo),
        ('model_endless', 'the graph is /dev/zero', _endless),
        ('manifest_missing', 'the manifest is gone', _no_manifest))), *(
    Fault(name, about, OWN_MODEL, ('self_test_failed',), _damaged(damage, 'activate'), _repair)
    for name, about, damage in (
        ('wrong_engine', 'the network computes something else than it was exported to',
         write_wrong_engine),
        ('broken_gpu', 'the network computes something else each time', write_broken_gpu))),
    Fault('network_endless', 'the network never ends, from loading on', SHORT_LOADING,
          ('loading_failed',), _damaged(write_endless, 'configure'), _repair, ends_node=True))
