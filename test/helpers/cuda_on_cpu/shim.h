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

// What a C++ compiler needs to take CUDA source without shared memory and barriers, and the loops
// that run it: one thread after the other, or in the reverse order.

#include <cstring>
#include <tuple>
#include <utility>

#define __global__
#define __device__ static inline

static struct Place { unsigned x, y, z; } gridDim, blockDim, blockIdx, threadIdx;

static inline void atomicAdd(int* sum, int value) { *sum += value; }
static inline void atomicMax(int* most, int value) { *most = *most < value ? value : *most; }

// Takes the next argument of a buffer packed as cuLaunchKernel takes it: aligned to its own size.
template <typename T>
T take(const char* packed, size_t& used) {
  T value;
  used = (used + sizeof value - 1) / sizeof value * sizeof value;
  std::memcpy(&value, packed + used, sizeof value);
  used += sizeof value;
  return value;
}

// Runs all threads of a launch; false where the arguments are not as long as the kernel's.
template <typename... A, size_t... I>
bool launch(void (*kernel)(A...), std::index_sequence<I...>, bool backwards,
            const char* packed, size_t length) {
  size_t used = 0;
  const std::tuple<A...> arguments{take<A>(packed, used)...};
  if (used != length) return false;
  const size_t threads = size_t(blockDim.x) * blockDim.y;
  const size_t count = size_t(gridDim.x) * gridDim.y * threads;
  for (size_t i = 0; i < count; ++i) {
    const size_t turn = backwards ? count - 1 - i : i;
    const unsigned block = unsigned(turn / threads), thread = unsigned(turn % threads);
    blockIdx = {block % gridDim.x, block / gridDim.x, 0};
    threadIdx = {thread % blockDim.x, thread / blockDim.x, 0};
    kernel(std::get<I>(arguments)...);
  }
  return true;
}

template <typename... A>
std::index_sequence_for<A...> places(void (*)(A...)) { return {}; }

// Exports a kernel; `size` is grid and block, `packed` must have 8 bytes to spare for each argument.
#define RUNS_ON_CPU(name)                                                                    \
  extern "C" bool run_##name(const unsigned* size, bool backwards, const char* packed,       \
                             size_t length) {                                                \
    gridDim = {size[0], size[1], size[2]};                                                   \
    blockDim = {size[3], size[4], size[5]};                                                  \
    return launch(name, places(name), backwards, packed, length);                            \
  }
