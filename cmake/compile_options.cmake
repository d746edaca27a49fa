# Warnings, sanitizers and floating point: for our own targets only.
add_library(hatpose_warnings INTERFACE)
target_compile_options(hatpose_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-prototypes
  -Wstrict-prototypes -Wvla -Wundef -Wpointer-arith)
if(HATPOSE_WERROR)
  target_compile_options(hatpose_warnings INTERFACE -Werror)
endif()

# The compat decoder repeats the original's rounding: no fused multiply-add
# unless a kernel asks for it by name (docs/algorithm.md).
add_compile_options(-ffp-contract=off)

if(HATPOSE_SANITIZE)
  add_compile_options(-fsanitize=${HATPOSE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HATPOSE_SANITIZE})
endif()
if(HATPOSE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
