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
"""Install the package with setuptools, as colcon does for ament_python packages."""

from __future__ import annotations

from glob import glob
from pathlib import Path
import re

from setuptools import find_packages, setup

PACKAGE = 'seg_node'
SHARE = f'share/{PACKAGE}'


def version() -> str:
    """Read the version from the package, so that it is written in one place only."""
    text = Path(PACKAGE, '__init__.py').read_text(encoding='utf-8')
    match = re.search(r"^__version__ = '([^']+)'$", text, re.MULTILINE)
    if match is None:
        raise RuntimeError(f"{PACKAGE}/__init__.py: no line like __version__ = '1.2.3'")
    return match.group(1)


def models() -> list[tuple[str, list[str]]]:
    """List the files of every bundled model with the share folder they go to."""
    return [(f'{SHARE}/{folder.rstrip("/")}', sorted(glob(f'{folder}*')))
            for folder in sorted(glob('models/*/'))]


def extra(*names: str) -> list[str]:
    """List the packages of files of requirements, of any version: pins are for scripts/."""
    lines = [line for name in names for line in
             Path('requirements', f'{name}.txt').read_text(encoding='utf-8').splitlines()]
    named = (line.partition('==')[0] for line in lines if line and not line.startswith('#'))
    return list(dict.fromkeys(named))


setup(
    name=PACKAGE,
    version=version(),
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    package_data={
        f'{PACKAGE}.perception.backends.classical': ['*.jpg', '*.png'],
        f'{PACKAGE}.perception.backends.cuda': ['kernels.cu'],
        f'{PACKAGE}.tools.evaluate.report': ['templates/*'],
        f'{PACKAGE}.tools.view': ['page/*'],
    },
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (SHARE, ['package.xml']),
        (f'{SHARE}/launch', sorted(glob('launch/*.launch.py'))),
        (f'{SHARE}/config', sorted(glob('config/*.*'))),
        (f'{SHARE}/config/mappings', sorted(glob('config/mappings/*.yaml'))),
        *models(),
    ],
    # Only setuptools: everything else comes from package.xml through rosdep, and a
    # requirement here would be checked at every start of a console script.
    install_requires=['setuptools'],
    extras_require={
        'test': ['pytest'],  # colcon test looks here to decide that the tests run with pytest
        'node': extra('base', 'node'),  # what package.xml asks of rosdep
        **{name: extra(name)
           for name in ('ros', 'tools', 'view', 'video', 'import_model', 'evaluate',
                        'rerun')},
    },
    zip_safe=False,
    maintainer='seg_node contributors',
    maintainer_email='seg_node@users.noreply.github.com',
    description='Segments the drivable path in camera images and says STOP or GO.',
    license='Apache-2.0',
    python_requires='>=3.10',
    entry_points={
        'console_scripts': [
            'seg_node = seg_node.ros.node:main',
            'replay = seg_node.tools.replay.__main__:main',
            'recorder = seg_node.tools.recorder.__main__:main',
            'demo = seg_node.tools.demo.__main__:main',
            'segment = seg_node.tools.segment.__main__:main',
            'evaluate = seg_node.tools.evaluate.__main__:main',
            'calibrate = seg_node.tools.calibrate.__main__:main',
            'check_params = seg_node.tools.check_params.__main__:main',
            'build_engine = seg_node.tools.build_engine.__main__:main',
            'import_model = seg_node.tools.import_model.__main__:main',
            'view = seg_node.tools.view.__main__:main',
            'cmd_vel_gate = seg_node.ros.cmd_vel_gate:main',
        ],
    },
)
