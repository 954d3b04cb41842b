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

"""Processes that take engines from a cache, for its tests."""

from __future__ import annotations

import multiprocessing
import os
import resource

from seg_node.perception.backends.tensorrt.builder import BuildFacts, BuiltEngine
from seg_node.perception.backends.tensorrt.cache import EngineCache
from seg_node.perception.backends.tensorrt.engine_file import EngineKey
from seg_node.perception.backends.tensorrt.gpu import Gpu
from seg_node.perception.backends.tensorrt.layers import LayerInfo, LayerSummary
from seg_node.perception.backends.tensorrt.options import EngineOptions

ORIN = Gpu('Orin', '8.7', 'CUDA 12.6')
KEY = EngineKey('road', '0' * 64, 'TensorRT 10.3.0', ORIN, EngineOptions())
FACTS = BuildFacts('TensorRT 10.3.0', 93.5, {'float16': 40}, LayerSummary((
    LayerInfo('stem', 'CaskConvolution', 'fp16', 432),)), ('has no optimization level',))
PROCESSES = multiprocessing.get_context('spawn')
PATIENCE = 60


def engine(data=b'an engine', timing=b''):
    return BuiltEngine(data, FACTS, timing)


def begin(target, *arguments):
    """Start a process; give it, and where its result comes from (EOFError when it fails)."""
    result, sender = PROCESSES.Pipe(duplex=False)
    worker = PROCESSES.Process(target=target, args=(*arguments, sender))
    worker.start()
    sender.close()
    return worker, result


def take(folder, start, waiting, others, result):
    """Get the engine at the same time as others; whoever builds waits until all others wait."""
    told = []

    def wait():
        if not told:
            told.append(True)
            waiting.release()

    def build(timing):
        for _ in range(others):
            assert waiting.acquire(timeout=PATIENCE)
        return engine(b'built by %d' % os.getpid())

    start.wait(PATIENCE)
    got = EngineCache(folder).get_or_build(KEY, build, waiting=wait)
    result.send((os.getpid(), got.source.value, got.data, got.warnings))


def build_until(folder, end, result):
    def build(timing):
        result.send('building')
        assert end.poll(PATIENCE)
        return engine(b'of the first')

    EngineCache(folder).get_or_build(KEY, build)


def build_within(folder, limit, result):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    got = EngineCache(folder).get_or_build(KEY, lambda timing: engine(bytes(100_000)))
    result.send((len(got.data), got.path, got.warnings))


def read_only(folder, key, result):
    if os.geteuid() == 0:
        os.seteuid(65534)
    got = EngineCache(folder).get_or_build(key, lambda timing: engine(b'new'))
    result.send((got.source.value, got.data, got.path is None, got.warnings))
