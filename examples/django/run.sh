#!/usr/bin/env bash
# Starts the shop and Belfry beside it, and stops both when it is stopped. Needs Go, and on Debian: apt install python3-django
set -euo pipefail
cd "$(dirname "$0")"
export SHOP_DATA=${SHOP_DATA:-$PWD/data} PYTHONDONTWRITEBYTECODE=1
shop=${SHOP_PORT:-8001} bell=${BELFRY_PORT:-8000} python=${PYTHON:-/usr/bin/python3}
mkdir -p "$SHOP_DATA"

"$python" manage.py migrate --verbosity 0
"$python" manage.py shell -c '
from django.contrib.auth.models import User
if not User.objects.filter(username="ada").exists():
    User.objects.create_user("ada", password="ring-the-bell")'

[ -s "$SHOP_DATA/key" ] || (umask 077 && od -An -tx1 -N24 /dev/urandom | tr -d ' \n' >"$SHOP_DATA/key")
BELFRY_API_KEY=$(cat "$SHOP_DATA/key")
export BELFRY_API_KEY BELFRY_URL=http://127.0.0.1:$bell

# A cookie does not know ports: the one that the shop sets for 127.0.0.1 is sent to Belfry too, which asks the shop whose it is.
go build -o "$SHOP_DATA/belfry" ../../cmd/belfry
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
trap 'exit 0' INT TERM
(cd "$SHOP_DATA" && BELFRY_ADDR=127.0.0.1:$bell BELFRY_DATABASE_URL=sqlite:belfry.db BELFRY_API_KEYS=shop:$BELFRY_API_KEY \
  BELFRY_AUTH_URL=http://127.0.0.1:$shop/belfry/whoami/ BELFRY_ALLOWED_ORIGINS=http://127.0.0.1:$shop exec ./belfry serve) &
"$python" manage.py runserver --noreload "127.0.0.1:$shop" &
printf '\nOpen http://127.0.0.1:%s/ and log in as ada, with the password ring-the-bell. Ctrl-C stops everything.\n\n' "$shop"
wait -n
