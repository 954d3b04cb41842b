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

"""
Run the kernels over many sizes under AddressSanitizer and UndefinedBehaviorSanitizer.

Started with libasan preloaded, see run(); exits with an error at the first access outside of an
array.
With the argument 'short', the source of the first frame lacks its last byte: that must be found.
"""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np

from helpers.cuda_on_cpu.cpu_kernels import address, compiler, load, SANITIZED
from seg_node.perception.backends.cuda.input_plan import plan_input
from seg_node.perception.images.layout import Layout

ROUNDS = 60


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this file under the sanitizers, and give how it ended."""
    preload = [subprocess.run([compiler() or 'g++', f'-print-file-name={name}'], check=True,
                              capture_output=True, text=True).stdout.strip()
               for name in ('libasan.so', 'libubsan.so')]
    # Python itself leaks on purpose; its own allocator would hide the borders of arrays.
    environment = {**os.environ, 'LD_PRELOAD': ' '.join(preload), 'PYTHONMALLOC': 'malloc',
                   'ASAN_OPTIONS': 'detect_leaks=0', 'OPENBLAS_NUM_THREADS': '1'}
    return subprocess.run([sys.executable, '-m', __spec__.name, *arguments], env=environment,
                          capture_output=True, text=True, timeout=100)


def sizes(rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Return a source and a target size: small, odd, a multiple, or larger than the other."""
    target = [int(side) for side in rng.integers(1, 24, 2)]
    source = [int(rng.choice([rng.integers(1, 40), side * rng.integers(1, 5), 1]))
              for side in target]
    return source[0], source[1], target[0], target[1]


def frame(rng: np.random.Generator, short: int = 0) -> None:
    """Make a network input of each layout, from exactly the bytes it needs."""
    for layout in Layout:
        width, height, target_width, target_height = sizes(rng)
        if layout >= Layout.YUYV:
            width, height = width + width % 2, height + height % 2
        plan = plan_input(layout, width, height, target_width, target_height)
        step = width * layout.pixel_bytes + int(rng.integers(0, 5))
        source = rng.integers(0, 256, plan.source_bytes(step) - short, np.uint8)
        target = np.empty(target_width * target_height * 3, np.uint8)
        tables = plan.tables.data.copy()
        load(*SANITIZED).run(plan.launch(address(source), step, address(tables), address(target)))


def main() -> None:
    """Run everything, print how much."""
    rng = np.random.default_rng(5)
    if sys.argv[1:] == ['short']:
        frame(rng, short=1)
    for _ in range(ROUNDS):
        frame(rng)
    print(f'{ROUNDS * len(Layout)} launches, nothing found')


if __name__ == '__main__':
    main()
