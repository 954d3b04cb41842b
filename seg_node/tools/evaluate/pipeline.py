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

"""One recording from its files to its results: decoding, network and judgement side by side."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.perception.segmenter import Segmentation
from seg_node.recordings.decoding import bytes_of, decode_frames, DecodedFrame, first_seconds
from seg_node.recordings.find import Kind
from seg_node.recordings.read_ahead import ReadAhead
from seg_node.recordings.sources import Source
from seg_node.scoring.doubts import is_right
from seg_node.stop_go.image_size import min_image_size
from seg_node.stop_go.verdict import Reason
from seg_node.tools.common.results_bag import NAME as BAG
from seg_node.tools.common.strict_json import strict_json
from seg_node.tools.evaluate.bag import EvaluatedBag
from seg_node.tools.evaluate.drawing import draw_seen, draw_unseen, draw_with_truth
from seg_node.tools.evaluate.film import contact_sheet, OverlayFilm
from seg_node.tools.evaluate.job import Job, JobResult
from seg_node.tools.evaluate.judge import FrameJudge, Judgement, view_of
from seg_node.tools.evaluate.opening import open_recording
from seg_node.tools.evaluate.rerun_file import NAME as RRD
from seg_node.tools.evaluate.rerun_file import RerunFile
from seg_node.tools.evaluate.row import columns_of, Row
from seg_node.tools.evaluate.scores import Counts, FrameScore, FrameScorer
from seg_node.tools.evaluate.segmenting import SegmentedFrame, SegmenterPool
from seg_node.tools.evaluate.summary import summarize, Totals
from seg_node.tools.evaluate.table import has_parquet, to_bytes
from seg_node.tools.evaluate.worst import Worst

AHEAD = 8
"""Frames decoded, and frames segmented, that wait for their next step."""
_CUT_OFF = 0.9
"""Share of the frames that a whole video gives at the minimum; headers count a few too many."""
NOTES = 20
"""Notes that are kept of a recording."""


class Interrupted(Exception):  # noqa: N818 - no error
    """The work was called off."""


def evaluate(job: Job, pool: SegmenterPool, stop: Callable[[], bool]) -> JobResult:
    """
    Evaluate one recording; whatever is wrong with it becomes a part of the outcome.

    :param stop: asked at every frame whether to call it off.
    :raises Interrupted: when it was.
    """
    begun = time.perf_counter()
    name = job.recording.name
    try:
        key = job.key()
        with ExitStack() as stack:
            source, truth, has_classes = open_recording(
                job, [info.name for info in pool.model.classes], stack)
            work = _Work(job, pool, source, has_classes)
            stack.callback(work.close)
            configuration = job.settings.configuration
            rotation = configuration.structure.setups[job.settings.camera].rotation
            size = min_image_size(pool.model, configuration.limits, rotation)
            frames = ReadAhead(first_seconds(decode_frames(
                source, truth, size, rotation), job.settings.seconds), bytes_of, AHEAD)
            stack.callback(frames.close)
            seen = ReadAhead(pool.segmented(frames), lambda one: bytes_of(one.decoded), AHEAD)
            stack.callback(seen.close)
            error = work.take_all(seen, stop)
            return work.outcome(key, error, time.perf_counter() - begun)
    except Interrupted:
        raise
    except UserError as problem:
        return JobResult(name, {}, error=str(problem), seconds=time.perf_counter() - begun)
    except Exception as problem:      # one recording never ends the run
        return JobResult(name, {}, seconds=time.perf_counter() - begun, error=(
            f'{job.recording.path}: {type(problem).__name__}: {problem}'))


class _Work:
    """Judges and scores one frame after the other."""

    def __init__(self, job: Job, pool: SegmenterPool, source: Source, has_classes: bool) -> None:
        camera, configuration = job.settings.camera, job.settings.configuration
        self._job = job
        self._source = source
        self._model = pool.model
        self._backend = pool.backend
        self._judge = FrameJudge(configuration, camera, pool.model, source.start_ns)
        self._scorer = FrameScorer(pool.model, has_classes, view_of(configuration, camera))
        self._rows: list[Row] = []
        self._counts = Counts.empty(len(self._scorer.classes))
        self._worst = Worst()
        self._film = OverlayFilm(source.fps) if job.settings.overlay else None
        self._bag = EvaluatedBag(
            configuration.structure, camera, pool.model, source.recorded_ns,
        ) if job.settings.bag else None
        self._rerun = RerunFile(
            job.recording.name, pool.model, source.recorded_ns) if job.settings.rerun else None

    def close(self) -> None:
        """Throw away what nobody asked for."""
        for made in (self._film, self._bag, self._rerun):
            if made is not None:
                made.close()

    def take_all(self, seen: ReadAhead[SegmentedFrame], stop: Callable[[], bool]) -> str:
        """Take in frame after frame; return why that ended early, '' at the end."""
        try:
            for one in seen:
                if stop():
                    raise Interrupted
                self._take(one)
        except UserError as error:
            if not self._rows:
                raise
            return f'{error} (the {len(self._rows)} frames before it are kept)'
        if not self._rows:
            raise UserError(f'{self._job.recording.path}: no frame could be read. Check the '
                            'recording, and --seconds')
        count = self._source.count
        if self._source.kind is Kind.VIDEO and self._job.settings.seconds is None \
                and count is not None and len(self._rows) < _CUT_OFF * count:
            return (f'{self._job.recording.path}: ends after {len(self._rows)} of the {count} '
                    'frames that its header promises; it is cut off or damaged (what there is is '
                    'kept)')
        return ''

    def _take(self, seen: SegmentedFrame) -> None:
        decoded, begun = seen.decoded, time.perf_counter()
        if seen.segmentation is not None:
            judged = self._judge.judge(decoded, seen.segmentation)
        elif decoded.bgr is None:
            judged = self._judge.fail(decoded, Reason.MALFORMED, decoded.problem)
        else:
            judged = self._judge.fail(decoded, Reason.INFERENCE_FAILED, seen.problem)
        took = (time.perf_counter() - begun) * 1e3
        score = None
        if decoded.truth is not None and seen.segmentation is not None:
            counts = self._scorer.score(decoded, seen.segmentation, decoded.truth)
            self._counts += counts
            score = FrameScore.of(counts)
        row = self._row(seen, judged, score, took)
        self._rows.append(row)
        if seen.segmentation is not None:
            segmentation = seen.segmentation
            self._worst.offer(row, lambda: self._draw(decoded, segmentation, judged))
        if self._film is None and self._bag is None and self._rerun is None:
            return
        drawn = self._image(seen, judged)
        if self._film is not None:
            self._film.add(drawn)
        if self._bag is not None:
            self._bag.add(seen, judged, drawn)
        if self._rerun is not None:
            self._rerun.add(seen, judged, drawn)

    def _image(self, seen: SegmentedFrame, judged: Judgement) -> NDArray[np.uint8]:
        """Return the frame for the film; one that could not be read is black."""
        bgr = seen.decoded.bgr
        if bgr is None:
            width, height = self._source.size
            black = np.zeros((max(1, height), max(1, width), 3), np.uint8)
            return draw_unseen(black, judged.verdict)
        if seen.segmentation is None:
            return draw_unseen(bgr, judged.verdict)
        return draw_seen(bgr, seen.segmentation, judged)

    def _draw(self, decoded: DecodedFrame, segmentation: Segmentation, judged: Judgement
              ) -> bytes:
        assert decoded.bgr is not None
        truth = None if decoded.truth is None else self._judge.true_labels(
            decoded.truth, segmentation)
        return draw_with_truth(decoded.bgr, segmentation, judged, truth)

    def _row(self, seen: SegmentedFrame, judged: Judgement, score: FrameScore | None,
             took: float) -> Row:
        frame, verdict, measure = seen.decoded.frame, judged.verdict, judged.assessment.measure
        values: dict[str, Any] = {}
        if measure is not None:
            values = {
                'free_distance': measure.free_distance, 'required_distance': measure.required,
                'unit': measure.unit, 'coverage': measure.coverage,
                'confidence': measure.confidence, 'confidence_low': measure.confidence_low,
                'path_share': measure.path_share,
                'flicker': measure.change if len(self._rows) else None}
        if seen.segmentation is not None:
            values |= {'resize_ms': seen.segmentation.prepare * 1e3,
                       'infer_ms': seen.segmentation.network * 1e3, 'measure_ms': took}
        if score is not None:
            values |= vars(score)
        values |= self._doubts(seen.decoded, judged)
        if judged.true is not None:
            values |= {'truth_decision': judged.true.decision.value,
                       'truth_reason': judged.true.reason.value}
        return Row(
            self._job.recording.name, frame.index, frame.time_ns * 1e-9, frame.stamp_ns,
            verdict.decision.value, verdict.reason.value, verdict.text,
            findings=tuple(finding.reason.value for finding in judged.assessment.findings),
            health=tuple(finding.reason.value for finding in judged.health),
            decode_ms=seen.decoded.decode_ms, **values)

    def _doubts(self, decoded: DecodedFrame, judged: Judgement) -> dict[str, float]:
        """Return how many places the second opinion doubts, and how often that is right."""
        opinion, truth = judged.assessment.opinion, decoded.truth
        if opinion is None:
            return {}
        right = [] if truth is None else [
            is_right(one.box, truth, self._model.drivable_ids) for one in opinion.doubted]
        return {'doubts': len(opinion.doubted), 'doubts_right': right.count(True),
                'doubts_known': len(right) - right.count(None)}

    def outcome(self, key: str, error: str, seconds: float) -> JobResult:
        """Return the results as files."""
        name, settings = self._job.recording.name, self._job.settings
        table = columns_of(self._rows)
        totals = Totals(Counts.empty(len(self._scorer.classes)))
        totals.add(name, table, self._counts, self._worst.frames())
        notes = list(self._source.notes)
        choice = settings.truth
        if (choice.folder or choice.topic) and not self._counts.frames:
            notes.append(f'{name}: no mask of --truth {choice.folder or choice.topic} fits a '
                         'frame. Masks are found by the names of the images, the numbers of '
                         'the frames, or the stamps of a topic; where there are several '
                         f'recordings, in a folder of its own: {name}')
        notes = notes[:NOTES]
        summary = {
            'recording': name, 'path': str(self._job.recording.path),
            **summarize(totals, self._scorer.classes), 'notes': notes, 'failed': (
                [{'recording': name, 'error': error}] if error else []),
            'backend': self._backend.name, 'precision': self._backend.precision, 'film': None}
        made: dict[str, bytes] = {}
        if self._bag is not None:
            made[BAG] = self._bag.finish()
        if self._rerun is not None:
            made[RRD] = self._rerun.finish()
        if self._film is not None:
            sheet = contact_sheet(table)
            made |= self._film.finish(sheet)
            summary['film'] = {'file': self._film.name, 'fps': self._film.fps, 'sheet': sheet}
        place, frames = to_bytes(table, settings.parquet and has_parquet())
        kept = {'key': key, 'classes': self._scorer.classes, 'counts': self._counts.to_json(),
                'worst': self._worst.frames(), 'error': error}
        files = {place: frames, 'summary.json': strict_json(summary, None).encode(),
                 'counts.json': strict_json(kept, None).encode(),
                 **self._worst.images(), **made}
        return JobResult(name, files, len(self._rows), error, tuple(notes), seconds)
