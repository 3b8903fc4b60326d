# Flags that every target of the house shares.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(wardline_options INTERFACE)
target_compile_options(wardline_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.
  $<$<CONFIG:Release>:-fstack-protector-strong;-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)
target_link_options(wardline_options INTERFACE $<$<CONFIG:Release>:-Wl,-z,relro,-z,now>)

# GCC 12 sees overflows and unset members in vectors and variants that are not there once its optimiser has inlined
# them. The dev build, which is not optimised, keeps these warnings; the sanitizers find the real ones when they run.
if(WARDLINE_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(wardline_options INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-maybe-uninitialized;-Wno-restrict>)
endif()

# CAF's headers trip UBSan's null check (32 reports in 0.17.6), so that one check is off.
if(WARDLINE_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=null -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(WARDLINE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
