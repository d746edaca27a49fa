# embed.cmake - the page and the OpenAPI document as bytes in a C source.
#
# cmake -DSOURCE=folder -DOUTPUT=page_bytes.c -DSCRIPTS=a.js,b.js
#       -DVERSION=0.1.0 -P embed.cmake
#
# index.html, style.css and the scripts become one file without outside
# requests. Its security policy allows just this style and this script, by
# their SHA-256.
cmake_minimum_required(VERSION 3.20)

# 'sha256-...' of a security policy: base64 of the 32 bytes.
function(hash_source text out)
  set(letters
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  string(SHA256 digits "${text}")
  string(APPEND digits "00") # 33 bytes are 44 letters
  set(base64 "")
  foreach(at RANGE 0 60 6)
    string(SUBSTRING "${digits}" ${at} 6 three_bytes)
    foreach(shift 18 12 6 0)
      math(EXPR index "(0x${three_bytes} >> ${shift}) & 63")
      string(SUBSTRING "${letters}" ${index} 1 letter)
      string(APPEND base64 "${letter}")
    endforeach()
  endforeach()
  string(SUBSTRING "${base64}" 0 43 base64)
  set(${out} "'sha256-${base64}='" PARENT_SCOPE)
endfunction()

function(append_bytes file name)
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(REPEAT "0x..," 12 row)
  string(REGEX REPLACE "(${row})" "\\1\n" bytes "${bytes}")
  file(APPEND "${OUTPUT}" "
static const unsigned char ${name}_bytes[] = {
${bytes}};
const void *const hps_${name} = ${name}_bytes;
const size_t hps_${name}_count = sizeof ${name}_bytes;
")
endfunction()

file(READ "${SOURCE}/index.html" page)
file(READ "${SOURCE}/style.css" style)
set(script "")
string(REPLACE "," ";" scripts "${SCRIPTS}")
foreach(name IN LISTS scripts)
  file(READ "${SOURCE}/${name}" part)
  string(APPEND script "${part}")
endforeach()
hash_source("${style}" style_hash)
hash_source("${script}" script_hash)
string(CONCAT policy "default-src 'none'; style-src ${style_hash}; "
  "script-src ${script_hash}; connect-src 'self'; img-src data: blob:; "
  "base-uri 'none'; form-action 'none'")
string(REPLACE "@POLICY@" "${policy}" page "${page}")
string(REPLACE "@STYLE@" "${style}" page "${page}")
string(REPLACE "@SCRIPT@" "${script}" page "${page}")
file(WRITE "${OUTPUT}.html" "${page}")

file(READ "${SOURCE}/openapi.json" openapi)
string(REPLACE "@VERSION@" "${VERSION}" openapi "${openapi}")
file(WRITE "${OUTPUT}.json" "${openapi}")

file(WRITE "${OUTPUT}" "/* Made of server/page by embed.cmake. */
#include \"page/page.h\"
")
append_bytes("${OUTPUT}.html" page)
append_bytes("${OUTPUT}.json" openapi)
