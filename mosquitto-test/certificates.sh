# An authority, a server's certificate and two clients' in $work. Sourced by run.sh.

key_options=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)

# make_authority NAME
make_authority() {
  openssl req -x509 "${key_options[@]}" -days 2 -subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.pem" 2>/dev/null
}

# issue NAME [AUTHORITY]: CN is NAME.
issue() {
  local authority=${2:-ca}
  printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' >"$work/extensions"
  openssl req "${key_options[@]}" -subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.csr" 2>/dev/null
  openssl x509 -req -days 2 -in "$work/$1.csr" -CA "$work/$authority.pem" -CAkey "$work/$authority.key" \
    -CAcreateserial -extfile "$work/extensions" -out "$work/$1.pem" 2>/dev/null
}

make_authority ca
make_authority stranger
issue server
issue dx-0001
issue dx-0002 stranger
