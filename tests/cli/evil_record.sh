# evil FIELDS FILE: a safetensors file of one tensor whose record has these JSON fields, and the hash that makes it believed.
evil() {
  object=$(printf 12345678 | sha256sum | cut -c1-64) hash=$(printf 'w\0F32\0[2]\0%s\n' "$object" | sha256sum | cut -c1-64)
  record=$(printf %s "{$1,\"weights_hash\":\"$hash\"}" | sed 's/\\/\\\\/g; s/"/\\"/g')
  header="{\"__metadata__\":{\"weightloom.record\":\"$record\"},\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}"
  { printf "\\$(printf %03o $((${#header} % 256)))\\$(printf %03o $((${#header} / 256)))\0\0\0\0\0\0"; printf %s "${header}12345678"; } > $2
}
