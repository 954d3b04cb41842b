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

"""The node itself on the GPU: the demo drive with backend tensorrt, over DDS."""

from __future__ import annotations

from collections.abc import Iterator
import importlib.util
import json
from pathlib import Path
import subprocess
import sys
from typing import Any

from benchmarks.gpu.outcome import Check, Outcome, Settings, Table, UnavailableError

NEEDED = {'rclpy': 'source a ROS 2 distribution, or run without --python and --wheels',
          'rosbags': 'pip install rosbags', 'matplotlib': 'pip install matplotlib',
          'tqdm': 'pip install tqdm', 'cv2': 'pip install opencv-python-headless'}
"""Modules of the demo, and what to do without."""
LIMIT_S = 600.0
_LAST_LINES = 5


def run(settings: Settings) -> Iterator[Outcome]:
    """Drive once."""
    yield drive(settings)


def drive(settings: Settings) -> Outcome:
    """Drive; the demo's own files go to node/ in the folder of the results."""
    for name, remedy in NEEDED.items():
        if importlib.util.find_spec(name) is None:
            raise UnavailableError(f'the Python module {name} is missing in {sys.executable}: '
                                   f'{remedy}')
    out = Path(settings.out, 'node')
    command = [sys.executable, '-m', 'seg_node.tools.demo', '--backend', 'tensorrt', '--out',
               str(out), *(['--model', settings.models[0]] if settings.models else [])]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors='replace',
                              timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        return Outcome(error=f'the drive took longer than {LIMIT_S:g} s; see {out}/logs')
    if done.returncode:
        said = ' / '.join(done.stdout.strip().splitlines()[-_LAST_LINES:])
        return Outcome(error=f'the demo ended with exit code {done.returncode}: {said}')
    return report(json.loads((out / 'summary.json').read_text(encoding='utf-8')))


def report(summary: dict[str, Any]) -> Outcome:
    """Return the figures of a drive's summary."""
    latency, inference = summary['latency_ms'], summary['inference_ms']
    rows = (
        ('backend', summary['backend']),
        ('frames sent', summary['frames_sent']), ('frames without a mask', summary['dropped']),
        ('frame to state, ms, p50', latency['p50']), ('frame to state, ms, p99', latency['p99']),
        ('inference, ms, p50', inference['p50']), ('inference, ms, p99', inference['p99']),
        ('masks per second', summary['fps']), ('path IoU', summary['path_iou']),
        ('seconds of GO, SLOW, STOP', ', '.join(
            f'{summary["decisions"][name]:.1f}' for name in ('go_s', 'slow_s', 'stop_s'))))
    dropped = summary['dropped']
    return Outcome(
        (Check('frames without a mask', str(dropped), 'none', dropped == 0),),
        (Table('', ('the demo drive', 'value'), tuple(
            (name, _text(value)) for name, value in rows)),), figures=summary)


def _text(value: object) -> str:
    if value is None:
        return 'none'
    return f'{value:.3f}' if isinstance(value, float) else str(value)
