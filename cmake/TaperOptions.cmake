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

# Precompiles headers that most sources of a target include, unless a compiler cache stands in front, which would then miss.
# Sources name what they use all the same.
function(taper_precompile target)
  if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# Compiles the sources of each folder, but those named, some at a time, unless a compiler cache stands in front: half of what
# a source costs are headers and templates that its neighbours need as well. So the unnamed namespaces of a folder's files may
# not contradict each other.
# -DCMAKE_UNITY_BUILD=OFF compiles every file for itself.
function(taper_join_sources target)
  if(CMAKE_CXX_COMPILER_LAUNCHER OR (DEFINED CMAKE_UNITY_BUILD AND NOT CMAKE_UNITY_BUILD))
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  list(REMOVE_ITEM sources ${ARGN})
  set(last "")
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH folder)
    if(NOT folder STREQUAL last)
      set(number 0)
      set(last ${folder})
    endif()
    cmake_path(GET folder FILENAME name)
    math(EXPR batch "${number} / 8")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${name}_${batch})
    math(EXPR number "${number} + 1")
  endforeach()
endfunction()
