# Helpers of run.sh and the checks. Sourced, not run.

failures=0
checks=0
processes=()

# Waits for a command to succeed; the limit only turns a hang into a failure.
eventually() {
  local deadline=$((SECONDS + 90))
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS > deadline)); then return 1; fi
    sleep 0.1
  done
}

# check NAME COMMAND…: prints ok or FAIL.
check() {
  local name=$1
  shift
  checks=$((checks + 1))
  if "$@" >"$work/check.out" 2>&1; then
    echo "ok    $name"
  else
    failures=$((failures + 1))
    echo "FAIL  $name"
    sed 's/^/      /' "$work/check.out" | tail -20
  fi
}

# check_fails NAME COMMAND…: the command must not succeed.
check_fails() {
  local name=$1
  shift
  check "$name" not "$@"
}

not() { ! "$@"; }

need() {
  command -v "$1" >/dev/null || { echo "\`$1\` is missing: apt install $2" >&2; exit 2; }
}

# A loopback port that nobody listens on, below those that the system gives to outgoing connections.
free_port() {
  local port
  while true; do
    port=$((12000 + RANDOM % 20000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

# start NAME COMMAND…: in the background, output line by line in $work/NAME.log; its process id is in $started.
start() {
  local name=$1
  shift
  stdbuf -oL "$@" >>"$work/$name.log" 2>&1 &
  started=$!
  processes+=("$started")
}

# stop PID [SIGNAL]: only what start() started.
stop() {
  kill "-${2:-TERM}" "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

hub() { "$bin/waystation-hub" "$@" --config "$work/hub.toml"; }

# start_hub [VARIABLE=VALUE…]: with settings over hub.toml; returns once it answers.
start_hub() {
  start hub env "$@" "$bin/waystation-hub" run --config "$work/hub.toml"
  hub_process=$started
  eventually curl -fsS "http://127.0.0.1:$http_port/healthz" && eventually listening "$mqtt_port" && return
  echo "the hub does not start:" >&2
  tail -20 "$work/hub.log" >&2
  exit 1
}

json_text() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# add_station ID: its token is in ${token[ID]}; returns once the hub knows it.
declare -A token
add_station() {
  token[$1]=$(hub station add "$1" --json | json_text token)
  eventually curl -fsS "http://127.0.0.1:$http_port/api/v1/stations/$1"
}

add_token() {
  token[$1]=$(hub token add "$1" --role "$2" --json | json_text token)
  eventually sub "$1" -t nothing/here -E
}

# Readings of now, as a device would send them.
environment() { printf '{"ts":%s,"device":"env-1","co2_ppm":%s}' "$(date +%s%3N)" "$1"; }

# pub STATION CHANNEL PAYLOAD [OPTION…]
pub() {
  local station=$1 channel=$2 payload=$3
  shift 3
  mosquitto_pub -h 127.0.0.1 -p "$mqtt_port" -i "$station" -u "$station" -P "${token[$station]}" \
    -t "v1/stations/$station/$channel" -m "$payload" "$@"
}

# sub READER [OPTION…]
sub() {
  local reader=$1
  shift
  mosquitto_sub -h 127.0.0.1 -p "$mqtt_port" -i "$reader-$BASHPID" -u "$reader" -P "${token[$reader]}" "$@"
}

# Starts a reader in the background and returns once its subscription stands; its messages are in $heard.
# listen NAME [OPTION…]
listen() {
  heard=$work/$1.heard
  : >"$heard"
  local name=$1
  shift
  # Line by line: into a file it would be written block by block.
  stdbuf -oL mosquitto_sub -d -h 127.0.0.1 -p "$mqtt_port" -i "listener-$name" -u reader -P "${token[reader]}" "$@" >"$heard" 2>&1 &
  listener=$!
  processes+=("$listener")
  eventually grep -q '^Subscribed' "$heard"
}

heard() { eventually grep -qF -- "$1" "$heard"; }

# The latest environment reading of a station has this CO₂ value.
latest_is() {
  curl -fsS "http://127.0.0.1:$http_port/api/v1/stations/$1" | grep -Eq "\"co2_ppm\":$2(\.0)?[,}]"
}
becomes_latest() { eventually latest_is "$1" "$2"; }
