# Flags that every target of the project is built with. Results must not depend on them: no -march, no -ffast-math, and a
# product and a sum are fused only where the source says so. (Nothing reads errno of sqrt, which would keep loops scalar.)
function(taper_target_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -ffp-contract=off -fopenmp-simd
                         -fno-math-errno)
  # g++ 12 sees overlaps in std::string's operator+ that are not there (GCC bug 105651).
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(TAPER_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(TAPER_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${TAPER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${TAPER_SANITIZE})
    # What sanitizers add to the code hides from g++ that std::regex's members are set.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  endif()
endfunction()

# For programs that only drive the library, tests above all: they are compiled more often than they run long. Under
# sanitizers the optimiser is half of the time.
function(taper_compile_quickly target)
  if(TAPER_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  else()
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
endfunction()

# Precompiles headers that most sources of a target include: half the build time, as long as no compiler cache stands in
# front, which would then miss. Sources name what they use all the same.
function(taper_precompile target)
  if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()
