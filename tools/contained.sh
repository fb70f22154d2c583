#!/bin/sh
# Executes a process of the service under limits that keep it from storing an image:
#
#   contained.sh node|redis|nginx COMMAND [ARGUMENT ...]
#
# The only place of these limits: npm start, the tests and the systemd units use it, and each process checks at its start
# that they hold (libs/retention/src/process-checks.ts).

kind=$1
shift

ulimit -c 0 # no core dump
if [ "$kind" = nginx ]; then
  ulimit -f 1 # 512 bytes: enough for the pid file, which nginx requires, and too small for an image
else
  ulimit -f 0 # no file can be written: every write fails with EFBIG
fi

# A core dump that is piped to a collector ignores the limit above: exclude all memory from it.
if [ -w /proc/self/coredump_filter ]; then echo 0 >/proc/self/coredump_filter; fi

if [ "$kind" = redis ]; then
  # jemalloc overwrites freed memory. Debian's build reads the first name, the bundled one the second.
  export MALLOC_CONF=junk:free JE_MALLOC_CONF=junk:free
else
  # glibc overwrites freed memory and uses no per-thread cache, which would escape that. Freed pieces of images return to
  # the kernel at once: by default glibc raises this threshold and keeps them, so that memory stays at its peak.
  export GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0:glibc.malloc.mmap_threshold=131072
  # A smaller young generation than V8's 2 x 16 MB: these processes produce little garbage.
  export NODE_OPTIONS="--max-semi-space-size=4 ${NODE_OPTIONS:-}"
fi

# The process and its children cannot gain privileges, not even from a setuid program.
if command -v setpriv >/dev/null 2>&1; then exec setpriv --no-new-privs "$@"; fi

exec "$@"
