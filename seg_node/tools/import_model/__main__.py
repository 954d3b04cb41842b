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

"""Put a foreign ONNX segmentation network under the model contract, as a model folder."""

from __future__ import annotations

from collections.abc import Sequence
import sys

from seg_node.perception.images.quiet_opencv import quiet_opencv
from seg_node.tools.common.command_line import command, fail
from seg_node.tools.import_model.options import Options, parse


def run(options: Options) -> int:
    """Import the network, warn, and tell of it."""
    from seg_node.tools.import_model.report import tell
    from seg_node.tools.import_model.workflow import import_network
    made = import_network(options)
    for warning in made.warnings:
        print(f'import_model: warning: {warning}', file=sys.stderr)
    print(tell(options, made))
    return 0


@command('import_model')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    quiet_opencv()
    try:
        return run(parse(sys.argv[1:] if argv is None else argv))
    except OSError as error:
        return fail('import_model', f'{error.filename or "--out"}: {error.strerror}; '
                    'nothing was written')


if __name__ == '__main__':
    sys.exit(main())
