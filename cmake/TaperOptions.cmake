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

# Compiles some of a target's sources as one, unless a compiler cache stands in front: half of what a source costs are headers
# and templates that its neighbours need as well. So the unnamed namespaces of these files may not contradict each other.
# -DCMAKE_UNITY_BUILD=OFF compiles every file for itself. (CMake's own unity builds come before all other sources, which would
# leave the longest ones for the end, and have no sources with flags of their own.)
function(taper_join target name)
  if(CMAKE_CXX_COMPILER_LAUNCHER OR (DEFINED CMAKE_UNITY_BUILD AND NOT CMAKE_UNITY_BUILD))
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 2 join "" START SOURCES)
  set(joined ${PROJECT_BINARY_DIR}/joined/${name}.cpp)
  set(text "${join_START}")
  foreach(source IN LISTS join_SOURCES)
    string(APPEND text "#include \"${source}\"\n")
  endforeach()
  file(CONFIGURE OUTPUT ${joined} CONTENT "${text}" @ONLY)
  list(GET join_SOURCES 0 first)
  get_source_file_property(options ${first} COMPILE_OPTIONS)
  if(options)
    # Beyond some size g++ inlines less.
    list(APPEND options $<$<CXX_COMPILER_ID:GNU>:--param=large-unit-insns=100000>)
    set_source_files_properties(${joined} PROPERTIES COMPILE_OPTIONS "${options}" SKIP_PRECOMPILE_HEADERS ON)
  endif()
  set_source_files_properties(${join_SOURCES} PROPERTIES HEADER_FILE_ONLY ON)
  set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
  # A name that hides one of a neighbour's is no mistake, and g++ takes an unnamed namespace outside the main file for a
  # header's.
  target_compile_options(${target} PRIVATE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  target_sources(${target} PRIVATE ${joined})
endfunction()

# The same for kernels, without their folder and suffix. Those for several targets (kernels/simd.h) share one reading of
# Highway's headers, which costs as much as a middling kernel; they may not be in one unit with others. The code of a kernel
# stays what it is in a unit of its own, if it shares no helpers with the others.
function(taper_join_kernels target name)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/src/kernels/)
  list(TRANSFORM ARGN APPEND .cpp)
  list(GET ARGN 0 first)
  file(STRINGS ${first} simd REGEX "#include \"kernels/simd\\.h\"")
  set(start "")
  if(simd)
    set(start "#define HWY_TARGET_INCLUDE \"${PROJECT_BINARY_DIR}/joined/${name}.cpp\"\n#include \"kernels/simd.h\"\n")
  endif()
  taper_join(${target} ${name} START "${start}" SOURCES ${ARGN})
endfunction()

# Joins the sources of each folder, but those named, at most 24 at a time.
function(taper_join_folders target)
  get_target_property(sources ${target} SOURCES)
  list(REMOVE_ITEM sources ${ARGN})
  set(folders "")
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH folder)
    if(NOT folder STREQUAL ${PROJECT_BINARY_DIR}/joined)
      list(APPEND folders ${folder})
      list(APPEND files_in_${folder} ${source})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES folders)
  foreach(folder IN LISTS folders)
    set(files ${files_in_${folder}})
    list(LENGTH files rest)
    math(EXPR units "(${rest} + 23) / 24")
    cmake_path(GET folder FILENAME name)
    foreach(unit RANGE 1 ${units})
      list(LENGTH files rest)
      math(EXPR size "${rest} / (${units} - ${unit} + 1)")
      list(SUBLIST files 0 ${size} these)
      list(REMOVE_ITEM files ${these})
      taper_join(${target} ${name}_${unit} SOURCES ${these})
    endforeach()
  endforeach()
endfunction()
