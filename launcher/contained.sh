#!/bin/sh
# Runs a process of the service so that it cannot keep an image, and replaces itself by it:
#
#   contained.sh node|redis|nginx COMMAND [ARGUMENT ...]
#
# The one home of the process limits; npm start, the tests, the containers and the units all come through here,
# and each process checks at its start that they hold (libs/retention/src/process-checks.ts).

kind=$1
shift

ulimit -c 0 # no core dump
if [ "$kind" = nginx ]; then
  ulimit -f 1 # 512 bytes: its process number, which it insists on writing down, and no image
else
  ulimit -f 0 # no file can be written, by whatever code path: a write fails with EFBIG
fi

# A core dump that is piped to a collector ignores the limit above: leave it nothing to collect.
if [ -w /proc/self/coredump_filter ]; then echo 0 >/proc/self/coredump_filter; fi

if [ "$kind" = redis ]; then
  # jemalloc overwrites what is freed. Debian's build reads the first name, the bundled one the second.
  export MALLOC_CONF=junk:free JE_MALLOC_CONF=junk:free
else
  # glibc overwrites what is freed, and keeps no per-thread cache that would escape it. Pieces of images go back to
  # the kernel as soon as they are freed: by default glibc learns to keep them, and memory follows its busiest moment.
  export GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0:glibc.malloc.mmap_threshold=131072
  # A young generation of 2 x 16 MB is for programs that make much garbage; these hand buffers on.
  export NODE_OPTIONS="--max-semi-space-size=4 ${NODE_OPTIONS:-}"
fi

# Nothing that it starts can gain rights which it has not itself, not even from a setuid program.
if command -v setpriv >/dev/null 2>&1; then exec setpriv --no-new-privs "$@"; fi

exec "$@"
