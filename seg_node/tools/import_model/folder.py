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

"""Write a model folder: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import hashlib
from pathlib import Path
import shutil
import tempfile

import cv2
import numpy as np
from numpy.typing import NDArray
import yaml

from seg_node.errors import UserError
from seg_node.perception.models.manifest import MANIFEST
from seg_node.perception.models.self_test import MIN_AGREEMENT, run_self_test, SelfTestError
from seg_node.perception.segmenter import Segmenter
from seg_node.safe_yaml import parse_yaml
from seg_node.tools.import_model.classes import ClassList
from seg_node.tools.import_model.options import Options

GRAPH, CARD, NEW_CARD = 'model.onnx', 'MODEL_CARD.md', 'MODEL_CARD.new.md'
UNKNOWN_LICENSE = 'unknown'
_SELF_TEST = {'image': 'self_test.png', 'labels': 'self_test_labels.png'}


def check_place(out: Path, force: bool) -> None:
    """Raise UserError where a model folder must not be written."""
    if out.is_symlink() or out.exists() and not out.is_dir():
        raise UserError(f'--out {out}: is a file or link; choose another name')
    if not out.exists() or not any(out.iterdir()):
        return
    if not (out / MANIFEST).is_file():
        raise UserError(f'--out {out}: holds something that is no model; choose another folder')
    if not force:
        raise UserError(f'--out {out}: holds a model; --force replaces it')


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """
    Return an empty folder that takes the place of `out` when the block ends without an error.

    A model card that is there stays, for its user may have filled it in; the new one is then
    MODEL_CARD.new.md.
    """
    out = out.resolve()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        place = tempfile.TemporaryDirectory(prefix='.import_model-', dir=out.parent)
    except OSError as error:
        raise UserError(f'--out {out}: cannot be written ({error.strerror})') from None
    with place as folder:
        made = Path(folder, out.name)
        made.mkdir()
        yield made
        if (out / CARD).is_file():
            (made / CARD).rename(made / NEW_CARD)
            shutil.copy(out / CARD, made / CARD)
        old = Path(folder, 'replaced')
        if out.exists():
            out.rename(old)
        try:
            made.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise


def write_model(folder: Path, data: bytes, size: tuple[int, int], classes: ClassList,
                options: Options, instances: bool) -> None:
    """Write graph and manifest; size is the network's width and height."""
    (folder / GRAPH).write_bytes(data)
    manifest = {
        'name': options.name, 'version': options.version,
        'license': options.license or UNKNOWN_LICENSE,
        'description': options.description or f'Imported from {options.network.name}',
        'graph': GRAPH, 'sha256': hashlib.sha256(data).hexdigest(),
        'input': {'width': size[0], 'height': size[1]},
        **({'instances': True} if instances else {}),
        'classes': [{'name': info.name, 'color': list(info.color), 'drivable': info.drivable,
                     'action': info.action.value,
                     **{key: True for key in ('stuff', 'flat') if getattr(info, key)}}
                    for info in classes.classes]}
    _write_manifest(folder, manifest)


def add_self_test(folder: Path, image: NDArray[np.uint8]) -> str:
    """
    Make an image and what the model gives for it the model's self-test, and run it.

    :param image: BGR uint8 [H, W, 3] of any size.
    :raises SelfTestError: when the image does not suit, for example because a black one gives
        the same labels; the folder is then as before.
    """
    manifest = folder / MANIFEST
    before = manifest.read_text(encoding='utf-8')
    with Segmenter.open(folder) as segmenter:
        size = (segmenter.model.width, segmenter.model.height)
        fitted = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        labels = segmenter.segment(fitted).labels
    if np.bincount(labels.ravel()).max() >= MIN_AGREEMENT * labels.size:
        raise SelfTestError('nearly all of it gets the same label, as a broken network could give')
    cv2.imwrite(str(folder / _SELF_TEST['image']), fitted)
    cv2.imwrite(str(folder / _SELF_TEST['labels']), labels)
    content = parse_yaml(before)
    classes = content.pop('classes')  # they stay last: they are the longest
    _write_manifest(folder, {**content, 'self_test': _SELF_TEST, 'classes': classes})
    try:
        with Segmenter.open(folder) as segmenter:
            return run_self_test(segmenter)
    except SelfTestError:
        manifest.write_text(before, encoding='utf-8')
        for name in _SELF_TEST.values():
            (folder / name).unlink()
        raise


def _write_manifest(folder: Path, content: Mapping[str, object]) -> None:
    (folder / MANIFEST).write_text(yaml.safe_dump(
        content, sort_keys=False, default_flow_style=None, width=99), encoding='utf-8')
