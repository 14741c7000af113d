# cmake -DPROGRAM=... -DEXPECTED=FILE -P CompareOutput.cmake: runs PROGRAM and fails unless it exits with 0 and its standard
# output is FILE's content, byte by byte.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE output RESULT_VARIABLE status)
file(READ ${EXPECTED} expected)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM}: exit status ${status}")
endif()
if(NOT "${output}" STREQUAL "${expected}")
  message(FATAL_ERROR "${PROGRAM} printed\n${output}\nbut ${EXPECTED} has\n${expected}")
endif()
