find_package(PkgConfig REQUIRED)

# Links taper with a pkg-config module that none of its headers shows. The build uses the module's flags through the target
# PkgConfig::NAME; the installed package carries the link flags alone, so that a program that links a static taper needs
# neither the module's headers nor its .pc file. TAPER_PRIVATE_FLAGS collects them for taper.pc.
macro(taper_link_private name module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
  target_link_libraries(taper PRIVATE $<BUILD_INTERFACE:PkgConfig::${name}>)
  foreach(flag IN LISTS ${name}_LDFLAGS)
    target_link_libraries(taper PRIVATE $<INSTALL_INTERFACE:${flag}>)
    list(APPEND TAPER_PRIVATE_FLAGS ${flag})
  endforeach()
endmacro()
