#!/bin/sh
# Both databases of Temporal, created or brought up to the schema of this image. Doing it again changes nothing.
set -eu
# Through the environment: arguments can be read by every process.
SQL_PASSWORD="$(cat /run/secrets/postgres_password)"
export SQL_PASSWORD

schemas=/etc/temporal/schema/postgresql/v12

tool() {
  database="$1"
  shift
  temporal-sql-tool --plugin postgres12 --ep postgres -p 5432 -u temporal --db "$database" "$@"
}

prepare() {
  tool "$1" create
  tool "$1" setup-schema -v 0.0
  tool "$1" update-schema -d "$schemas/$2/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility
