#pragma once

#include <cstdint>

// Selecting and adding along the middle axis of contiguous [outer][n][inner]. Indices were checked to lie in [0, n).
namespace taper::kernels {

/// out[o][i] = in[o][index[i]], blocks of `block_bytes` bytes (inner elements); out is [outer][count][inner].
template <class Index>
void index_select(const void* in, std::int64_t outer, std::int64_t n, std::int64_t block_bytes, const Index* index,
                  std::int64_t count, void* out);

/// out[o][index[i]] = src[o][i] for i = 0, 1, ..., blocks of `block_bytes` bytes; src is [outer][count][inner].
template <class Index>
void index_copy(void* out, std::int64_t outer, std::int64_t n, std::int64_t block_bytes, const Index* index,
                std::int64_t count, const void* src);

/// out[o][index[i]] += alpha src[o][i] for i = 0, 1, ...; src is [outer][count][inner]. Fused where T is float or
/// double; int64_t and int32_t wrap around. Index is int64_t or int32_t.
template <class T, class Index>
void index_add(T* out, std::int64_t outer, std::int64_t n, std::int64_t inner, const Index* index, std::int64_t count,
               const T* src, T alpha);

/// out[o][i][j] = in[o][index[o][i][j]][j]; index and out are [outer][count][inner]. Any of the five element types.
template <class T>
void gather(const T* in, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* index,
            std::int64_t count, T* out);

/// out[o][index[o][i][j]][j] += src[o][i][j] for i = 0, 1, ...; index and src are [outer][count][inner]. T is float,
/// double, int64_t or int32_t.
template <class T>
void scatter_add(T* out, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* index,
                 std::int64_t count, const T* src);

/// out[o][index[o][i][j]][j] = src[o][i][j]; of several sources of one place the last one stays.
template <class T>
void scatter(T* out, std::int64_t outer, std::int64_t n, std::int64_t inner, const std::int64_t* index,
             std::int64_t count, const T* src);

}  // namespace taper::kernels
