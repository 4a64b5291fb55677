#!/bin/sh
# Makes the authority and the certificates of the TLS tests, good for a hundred years. Nothing else trusts them.
set -eu
cd "$(dirname "$0")"
make() { # name, subject, extensions
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/CN=$2" |
        openssl x509 -req -CA authority.pem -CAkey authority.key -days 36500 -out "$1.pem" -extfile extensions.txt
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout authority.key -out authority.pem \
    -days 36500 -subj "/CN=Handback test authority"
printf 'basicConstraints=CA:FALSE\nsubjectAltName=DNS:bank.example,DNS:localhost\nextendedKeyUsage=serverAuth\n' >extensions.txt
make server bank.example
printf 'basicConstraints=CA:FALSE\nsubjectAltName=DNS:handback.example\nextendedKeyUsage=clientAuth\n' >extensions.txt
make client handback.example
rm -f authority.key authority.srl extensions.txt
