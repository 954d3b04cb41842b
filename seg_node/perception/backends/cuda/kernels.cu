// Copyright 2026 seg_node contributors
//
// Licensed under the Apache License, Version 2.0 (the "License");
// you may not use this file except in compliance with the License.
// You may obtain a copy of the License at
//
//     http://www.apache.org/licenses/LICENSE-2.0
//
// Unless required by applicable law or agreed to in writing, software
// distributed under the License is distributed on an "AS IS" BASIS,
// WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
// See the License for the specific language governing permissions and
// limitations under the License.

// What happens to a frame on the GPU before the network. The arithmetic is defined in input_plan.py,
// and is that of the CPU path.
//
// C++14 without headers, shared memory and barriers: NVRTC compiles it with nothing installed, and
// test/cuda_on_cpu runs the same lines on a CPU. Indices from tables are clamped, so that a wrong
// table gives a wrong image, not an access outside a buffer.

typedef unsigned char Byte;

__device__ int between(int value, int low, int high) {
  return value < low ? low : value > high ? high : value;
}

// The numbers of Layout in images/layout.py.
enum Layout { BGR8, RGB8, BGRA8, RGBA8, MONO8, YUYV, UYVY, NV12, NV21 };

struct Frame {
  const Byte* data;
  long long step;  // bytes from row to row
  int width;
  int height;
  int layout;
};

struct Rgb {
  int r, g, b;
};

// ITU-R BT.601, limited range, in 20-bit fixed point: OpenCV's constants (color_yuv.simd.hpp).
__device__ Rgb from_yuv(int y, int u, int v) {
  const int half = 1 << 19;
  const int luma = (y > 16 ? y - 16 : 0) * 1220542 + half;
  const int blue = u - 128, red = v - 128;
  return {between((luma + 1673527 * red) >> 20, 0, 255),
          between((luma - 852492 * red - 409993 * blue) >> 20, 0, 255),
          between((luma + 2116026 * blue) >> 20, 0, 255)};
}

__device__ Rgb pixel_at(const Frame& frame, int x, int y) {
  x = between(x, 0, frame.width - 1);
  y = between(y, 0, frame.height - 1);
  const int even = x & ~1;  // chroma is that of a pair of pixels
  const Byte* row = frame.data + y * frame.step;
  const Byte* chroma = frame.data + (frame.height + y / 2) * frame.step + even;  // NV12, NV21
  switch (frame.layout) {
    case BGR8: return {row[3 * x + 2], row[3 * x + 1], row[3 * x]};
    case RGB8: return {row[3 * x], row[3 * x + 1], row[3 * x + 2]};
    case BGRA8: return {row[4 * x + 2], row[4 * x + 1], row[4 * x]};
    case RGBA8: return {row[4 * x], row[4 * x + 1], row[4 * x + 2]};
    case MONO8: return {row[x], row[x], row[x]};
    case YUYV: return from_yuv(row[2 * x], row[2 * even + 1], row[2 * even + 3]);
    case UYVY: return from_yuv(row[2 * x + 1], row[2 * even], row[2 * even + 2]);
    case NV12: return from_yuv(row[x], chroma[0], chroma[1]);
    case NV21: return from_yuv(row[x], chroma[1], chroma[0]);
  }
  return {0, 0, 0};
}

__device__ void store(Byte* target, int width, int x, int y, Rgb value) {
  Byte* pixel = target + 3LL * (static_cast<long long>(y) * width + x);
  pixel[0] = static_cast<Byte>(value.r);
  pixel[1] = static_cast<Byte>(value.g);
  pixel[2] = static_cast<Byte>(value.b);
}

struct Tap {
  int index;   // of a source column or row
  int weight;  // of the next one, in 1/256; this one has the rest
};

__device__ int blend(int here, int next, int weight) {
  return here * (256 - weight) + next * weight;
}

__device__ int blend(int top, int next_top, int bottom, int next_bottom, Tap column, Tap row) {
  return (blend(blend(top, next_top, column.weight), blend(bottom, next_bottom, column.weight),
                row.weight) + (1 << 15)) >> 16;
}

const int MAX_HALVINGS = 14;  // a side of 16384, the largest, has become 1

// Pixel of the frame after halving it so many times. Each halving rounds, so the pixels of the
// block come in the order of a Z-curve, and whenever four of a level are there they are one of
// the next.
__device__ Rgb halved_at(const Frame& frame, int halvings, int x, int y) {
  if (halvings == 0) return pixel_at(frame, x, y);
  Rgb sums[MAX_HALVINGS], value = {0, 0, 0};
  for (int i = 0; i < 1 << 2 * halvings; ++i) {
    int column = x, row = y;
    for (int level = halvings - 1; level >= 0; --level) {
      const int quarter = i >> 2 * level & 3;
      column = 2 * column + (quarter & 1);
      row = 2 * row + (quarter >> 1);
    }
    value = pixel_at(frame, column, row);
    for (int level = 0; level < halvings; ++level) {
      const int quarter = i >> 2 * level & 3;
      Rgb& sum = sums[level];
      sum = quarter == 0 ? value : Rgb{sum.r + value.r, sum.g + value.g, sum.b + value.b};
      if (quarter < 3) break;
      value = {(sum.r + 2) >> 2, (sum.g + 2) >> 2, (sum.b + 2) >> 2};
    }
  }
  return value;
}

// Halve as often as the tables assume, then interpolate; frames of the network's size come out
// as they are.
extern "C" __global__ void frame_to_input(
    const Byte* source, long long step, int width, int height, int layout, int halvings,
    Byte* target, int target_width, int target_height, const Tap* columns, const Tap* rows) {
  const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= target_width || y >= target_height) return;
  const Frame frame = {source, step, width, height, layout};
  halvings = between(halvings, 0, MAX_HALVINGS);
  const int last_column = (width >> halvings) - 1, last_row = (height >> halvings) - 1;
  const Tap column = columns[x], row = rows[y];
  const int left = between(column.index, 0, last_column), top = between(row.index, 0, last_row);
  const int right = between(left + 1, 0, last_column), bottom = between(top + 1, 0, last_row);
  const Rgb a = halved_at(frame, halvings, left, top), b = halved_at(frame, halvings, right, top);
  const Rgb c = halved_at(frame, halvings, left, bottom);
  const Rgb d = halved_at(frame, halvings, right, bottom);
  store(target, target_width, x, y, {blend(a.r, b.r, c.r, d.r, column, row),
                                     blend(a.g, b.g, c.g, d.g, column, row),
                                     blend(a.b, b.b, c.b, d.b, column, row)});
}
