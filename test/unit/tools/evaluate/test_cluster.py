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

"""Runs on a real Dask cluster: the same results, and a killed worker that loses nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
import signal
import threading
import time

import pytest

from helpers.evaluate_inputs import drive, params_file, write_images
from helpers.tiny_model import write_tiny_model
from seg_node.tools.evaluate.__main__ import main
from seg_node.tools.evaluate.row import TIMES
from seg_node.tools.evaluate.table import read_table

distributed = pytest.importorskip('distributed', reason='dask.distributed is not installed')


@pytest.fixture(scope='module')
def cluster():
    with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as started:
        yield started


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp('model'))


@pytest.fixture
def run(model, tmp_path, monkeypatch):
    monkeypatch.setattr(signal, 'signal', lambda number, handler: None)

    def start(*arguments: object, out: str) -> int:
        return main([*map(str, arguments), '--out', str(tmp_path / out), '--model', str(model),
                     '--params-file', str(params_file(tmp_path))])

    return start


def results(folder: Path) -> tuple[dict, dict]:
    told = json.loads((folder / 'summary.json').read_text())
    del told['latency_ms']
    return told, {name: values for name, values in read_table(folder).items()
                  if name not in TIMES}


def test_a_killed_worker_loses_nothing(run, cluster, tmp_path):
    frames = 1500
    first = write_images(tmp_path / 'in' / '0', drive(count=1)) / '0000.png'
    for recording in range(4):
        folder = tmp_path / 'in' / str(recording)
        folder.mkdir(exist_ok=True)
        for index in range(frames):
            if not (folder / f'{index:04d}.png').exists():
                os.link(first, folder / f'{index:04d}.png')
    killed: list[int] = []

    def kill() -> None:
        # As soon as a worker is at a recording.
        deadline = time.monotonic() + 60
        with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
            while time.monotonic() < deadline:
                busy = [name for name, jobs in client.processing().items() if jobs]
                if busy:
                    (pid,) = client.run(os.getpid, workers=busy[:1]).values()
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                    return
                time.sleep(0.05)

    killer = threading.Thread(target=kill)
    killer.start()
    assert run(tmp_path / 'in', '--scheduler', cluster.scheduler_address, out='cluster') == 0
    killer.join()
    assert killed
    assert json.loads((tmp_path / 'cluster/summary.json').read_text())['frames'] == 4 * frames


def test_a_cluster_gives_the_results_of_this_machine(run, cluster, tmp_path):
    write_images(tmp_path / 'in' / 'a', drive(range(4, 7)))
    write_images(tmp_path / 'in' / 'b', drive())
    (tmp_path / 'in' / 'broken.mcap').write_bytes(b'no bag')
    assert run(tmp_path / 'in', '--scheduler', cluster.scheduler_address, out='cluster') == 1
    assert run(tmp_path / 'in', out='here') == 1
    assert results(tmp_path / 'cluster') == results(tmp_path / 'here')
