#!/bin/busybox sh
# The programs of a stand-in for PostgreSQL in a container that really runs: pg_dump, pg_restore and psql, by the name it is called with. Files,
# statements and archives are those of rehearsal/host/service/database, which simulated hosts use instead.
set -eu
set -f
bb=${BUSYBOX:-/bin/busybox}
data=${PGDATA:-/var/lib/postgresql/data}
program=${0##*/}

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

owner=${POSTGRES_USER:-postgres}
known=${POSTGRES_DB:-$owner}
user='' database='' command='' format='' list='' clean='' single=''
while [ $# -gt 0 ]; do
  case $1 in
    --username) user=$2; shift ;;
    --dbname) database=$2; shift ;;
    --command) command=$2; shift ;;
    --format) format=$2; shift ;;
    --set | --lock-wait-timeout) shift ;;
    --list) list=yes ;;
    --clean) clean=yes ;;
    --single-transaction) single=yes ;;
    --no-password | --no-psqlrc | --tuples-only | --no-align | --if-exists | --exit-on-error | --no-owner | --no-privileges) ;;
    *) fail "the example's $program does not support $1" ;;
  esac
  shift
done

# Opens the database that is meant: the server knows its own only, and one role, who owns it.
open_database() {
  "${SERVE:-/app/serve}" --listening || fail "$program: error: connection to server failed: No such file or directory"
  [ "$user" = "$owner" ] || fail "$program: error: connection to server failed: FATAL:  role \"$user\" does not exist"
  [ "$database" = "$known" ] || fail "$program: error: connection to server failed: FATAL:  database \"$database\" does not exist"
  tables=$data/base/$database
  "$bb" mkdir -p "$tables"
}

table_named() {
  case $1 in '' | *[!a-z0-9_]*) fail "ERROR:  syntax error at or near \"$1\"" ;; esac
  [ -e "$tables/$1" ] || fail "ERROR:  relation \"$1\" does not exist"
}

rows() { "$bb" wc -l <"$tables/$1" | "$bb" tr -d ' '; }

psql() {
  open_database
  statement=${command%;}
  # shellcheck disable=SC2086
  set -- $statement
  case $statement in
    'create table '*)
      [ ! -e "$tables/$3" ] || fail "ERROR:  relation \"$3\" already exists"
      : >"$tables/$3"
      echo 'CREATE TABLE'
      ;;
    'insert into '*' values ('*)
      table_named "$3"
      printf '%s\n' "${statement#* values }" | "$bb" sed 's/), *(/\n/g; s/^(//; s/)$//' >>"$tables/$3"
      echo 'INSERT 0 1'
      ;;
    'drop table '*)
      table_named "$3"
      "$bb" rm "$tables/$3"
      echo 'DROP TABLE'
      ;;
    "select count(*) from pg_catalog.pg_tables where schemaname not in ('pg_catalog', 'information_schema')")
      "$bb" ls "$tables" | "$bb" wc -l | "$bb" tr -d ' '
      ;;
    'select count(*) > '*' from '*)
      table_named "$6"
      if [ "$(rows "$6")" -gt "$4" ]; then echo t; else echo f; fi
      ;;
    'select count(*) from '*)
      table_named "$4"
      rows "$4"
      ;;
    *) fail "ERROR:  the example's database does not understand: $statement" ;;
  esac
}

scratch=${TMPDIR:-/tmp}/database.$$
"$bb" mkdir -p "${TMPDIR:-/tmp}"
trap '"$bb" rm -f "$scratch"' EXIT

pg_dump() {
  [ "$format" = custom ] || fail "the example's pg_dump writes --format custom only"
  open_database
  {
    printf 'PGDMP rehearsal 1\ndatabase %s\n' "$database"
    for table in $("$bb" ls "$tables"); do
      printf 'table %s %s\n' "$table" "$(rows "$table")"
      "$bb" cat "$tables/$table"
    done
  } >"$scratch"
  "$bb" cat "$scratch"
  printf 'end %s\n' "$("$bb" sha256sum <"$scratch" | "$bb" cut -d ' ' -f 1)"
}

# The names of the archive's tables, one a line.
archived() { "$bb" awk 'skip > 0 { skip--; next } $1 == "table" && NF == 3 { print $2; skip = $3 }' "$scratch"; }

whole() {
  [ "end $("$bb" head -n -1 "$scratch" | "$bb" sha256sum | "$bb" cut -d ' ' -f 1)" = "$("$bb" tail -n 1 "$scratch")" ]
}

pg_restore() {
  "$bb" cat >"$scratch"
  [ "$("$bb" head -n 1 "$scratch")" = 'PGDMP rehearsal 1' ] || fail 'pg_restore: error: input file does not appear to be a valid archive'
  if [ -n "$list" ]; then
    printf ';\n; Archive created by the rehearsal\n;\n'
    archived | "$bb" awk -v owner="$owner" '{ print 214 + NR "; 1259 " 16384 + NR " TABLE public " $1 " " owner }'
    archived | "$bb" awk -v owner="$owner" '{ print 3369 + NR "; 0 " 16384 + NR " TABLE DATA public " $1 " " owner }'
    return
  fi
  open_database
  if [ -n "$single" ] && ! whole; then fail 'pg_restore: error: could not read from input file: end of file'; fi
  for table in $(archived); do
    [ -z "$clean" ] || "$bb" rm -f "$tables/$table"
    [ ! -e "$tables/$table" ] || fail "pg_restore: error: could not execute query: ERROR:  relation \"$table\" already exists"
    "$bb" awk -v wanted="$table" -v file="$tables/$table" '
      skip > 0 { skip--; if (copying) print >file; next }
      $1 == "table" && NF == 3 { copying = $2 == wanted; skip = $3 }' "$scratch"
    [ -e "$tables/$table" ] || : >"$tables/$table"
  done
  whole || fail 'pg_restore: error: could not read from input file: end of file'
}

case $program in
  psql | pg_dump | pg_restore) "$program" ;;
  *) fail "the example has no $program" ;;
esac
