#!/usr/bin/env bash
# Makes credentials for compose.yaml in ./secrets, once; prints the API key and the operator's token, which are kept nowhere.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
[ ! -e secrets ] || { echo "secrets.sh: ./secrets is there already." >&2; exit 1; }
random() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
hash() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }
# The containers' user has to read what is in silo/; nobody else gets into ./secrets.
mkdir -m 700 secrets && mkdir -p secrets/silo/config
postgres=$(random) key="krewe_compose_$(random)" operator=$(random)
printf %s "$postgres" >secrets/postgres
printf %s "$(random)" >secrets/silo/config/Krewe__Client__CacheSecret
printf '{"operators":["%s"]}\n' "$(hash "$operator")" >secrets/silo/tokens.json
printf %s "Host=postgres;Database=krewe;Username=krewe;Password=$postgres" >secrets/silo/config/Krewe__Orleans__PostgreSql
printf '{"keys":[{"id":"compose","tenant":"compose","sha256":"%s"}]}\n' "$(hash "$key")" >secrets/silo/keys.json
echo "API key: $key"
echo "Operator's token: $operator"
