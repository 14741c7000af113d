include(CMakePackageConfigHelpers)

set(TAPER_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/taper)
install(TARGETS taper EXPORT taperTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/taper DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
install(EXPORT taperTargets NAMESPACE taper:: DESTINATION ${TAPER_PACKAGE_DIR})

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/taperConfig.cmake.in ${PROJECT_BINARY_DIR}/taperConfig.cmake
  INSTALL_DESTINATION ${TAPER_PACKAGE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/taperConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/taperConfig.cmake ${PROJECT_BINARY_DIR}/taperConfigVersion.cmake
  DESTINATION ${TAPER_PACKAGE_DIR})

# pkg-config: paths are written from the .pc file's own place, so the tree may be installed or moved anywhere. Whoever links
# a static taper needs its private libraries too; behind a shared one only a fully static link does.
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  set(TAPER_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH TAPER_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(PREPEND TAPER_PC_PREFIX "\${pcfiledir}/")
  string(REGEX REPLACE "/$" "" TAPER_PC_PREFIX ${TAPER_PC_PREFIX})
endif()
foreach(dir LIB INCLUDE)
  set(TAPER_PC_${dir}DIR ${CMAKE_INSTALL_${dir}DIR})
  if(NOT IS_ABSOLUTE ${TAPER_PC_${dir}DIR})
    string(PREPEND TAPER_PC_${dir}DIR "\${prefix}/")
  endif()
endforeach()
list(APPEND TAPER_PRIVATE_FLAGS ${CMAKE_THREAD_LIBS_INIT})
list(REMOVE_DUPLICATES TAPER_PRIVATE_FLAGS)
list(JOIN TAPER_PRIVATE_FLAGS " " TAPER_PC_FLAGS)
if(BUILD_SHARED_LIBS)
  set(TAPER_PC_LIBS "")
  set(TAPER_PC_LIBS_PRIVATE ${TAPER_PC_FLAGS})
else()
  set(TAPER_PC_LIBS " ${TAPER_PC_FLAGS}")
  set(TAPER_PC_LIBS_PRIVATE "")
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/taper.pc.in ${PROJECT_BINARY_DIR}/taper.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/taper.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
