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

"""Open a recording of any kind for its frames."""

from __future__ import annotations

from pathlib import Path

from seg_node.errors import UserError
from seg_node.recordings.bag import open_bag
from seg_node.recordings.calibration import Calibration
from seg_node.recordings.channels import Bag
from seg_node.recordings.find import (
    check_exists,
    IMAGE_SUFFIXES,
    is_media_file,
    Kind,
    kind_of,
    natural_key,
)
from seg_node.recordings.sources import Source
from seg_node.recordings.topics import Topics


def checked_kind(path: Path | None, fps: float | None = None) -> Kind:
    """
    Return what kind of recording a path is; None is the rendered drive.

    :raises UserError: when it is none, or one without a frame rate to choose (fps).
    """
    if path is None:
        return Kind.RENDERED
    check_exists(path)
    try:
        kind = kind_of(path)
        if kind is None:
            raise UserError(f'{path}: {_what_else(path)}')
        if kind is Kind.VIDEO:
            with path.open('rb') as file:
                if not file.read(1):
                    raise UserError(f'{path}: the file is empty. Give a video, a folder of '
                                    'images, or a bag')
    except OSError as error:
        raise UserError(f'{path}: cannot be read ({error.strerror}). Check path and permissions') \
            from None
    if kind is Kind.BAG and fps:
        raise UserError(f'--fps {fps:g}: a bag keeps its recorded timing. '
                        'Use --rate to play it faster or slower')
    return kind


def _what_else(folder: Path) -> str:
    files = sorted(filter(is_media_file, folder.iterdir()), key=natural_key)
    if files:
        return (f'holds several recordings: {", ".join(file.name for file in files)}. Give one of '
                'them; of a split bag without its metadata.yaml, try: ros2 bag reindex FOLDER')
    return (f'no images in this folder (looked for {" ".join(IMAGE_SUFFIXES)}) and no bag. Give a '
            'folder with images or a bag, or a video file')


def open_frames(
    path: Path | None, topics: Topics | None = None, fps: float | None = None,
    camera: Calibration | None = None,
) -> Source:
    """
    Open a video, a folder of images, an image, one camera of a bag, or the rendered drive.

    :param path: None is the rendered drive.
    :param topics: which topics of a bag count.
    :param fps: frame rate in Hz instead of its own, for everything but bags.
    :param camera: what took a video or images.
    :raises UserError: names the recording and the remedy.
    """
    topics = topics or Topics()
    kind = checked_kind(path, fps)
    if camera is not None and kind in (Kind.BAG, Kind.RENDERED):
        raise UserError(f'--camera-info: is for videos and images; {path or "the rendered drive"} '
                        'has its own. Leave it out')
    if kind is Kind.BAG:
        assert path is not None
        return _camera_of(open_bag(path), topics)
    if topics.image is not None:
        raise UserError(f'--topic {topics.image}: only a bag has topics, '
                        f'{path or "the rendered drive"} is none. Leave --topic out')
    # OpenCV and the renderer load when they are needed.
    from seg_node.recordings import images
    if path is None:
        return images.RenderedDrive(fps)
    source = images.ImageFolder(path, fps) if kind is Kind.IMAGES else images.VideoFile(path, fps)
    if camera is not None and source.size != (camera.width, camera.height):
        source.close()
        raise UserError(f'--camera-info: is for images of {camera.width}x{camera.height}, {path} '
                        f'has {source.size[0]}x{source.size[1]}. Give the calibration of that '
                        'size')
    source.camera = camera
    return source


def _camera_of(bag: Bag, topics: Topics) -> Source:
    from seg_node.recordings.camera_of_bag import CameraOfBag
    from seg_node.recordings.video.as_images import with_images
    try:
        return CameraOfBag(with_images(bag), topics)
    except BaseException:
        bag.close()
        raise
