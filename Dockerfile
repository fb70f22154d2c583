# The images: `docker build --target api|worker|worker-cuda|redis|edge .`
#
# Each final image holds one program, the libraries it loads and its data. It has no shell, no package manager and no
# other program. The images are based on Debian, because glibc can overwrite freed memory and musl (Alpine) cannot. No
# container engine has built them yet. test/deploy/image-*.test.ts makes the same trees with these lines and runs the
# same entry points in them (docs/deploy/overview.md).
#
# A release sets these with digests (NODE_IMAGE=node:24-bookworm-slim@sha256:…): docs/deploy/release.md.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG DEBIAN_IMAGE=debian:bookworm-slim
ARG CUDA_IMAGE=nvidia/cuda:12.9.1-cudnn-runtime-ubuntu22.04

# --- Build ---

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# The package's install script would download CUDA libraries.
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --no-audit --no-fund
COPY tsconfig.json nest-cli.json ./
COPY tools tools
COPY libs libs
COPY apps apps
COPY models models
COPY docs docs
# Models of yours: add them with MODEL_DIR=models, and build with --build-arg MODEL=NAME --build-arg MODEL_DIR=models. The
# pack of the shipped model (AGPL-3.0) is then not installed.
ARG MODEL
ARG MODEL_DIR
# The weights are in MODEL_DIR afterwards. Their pack is no longer needed.
RUN npm run build && node dist/tools/model-builder/models.command.js prepare \
  && mkdir -p .cache/models && rm -rf .cache/packs
RUN npm prune --omit=dev --no-audit --no-fund

FROM build AS build-cuda
# The fp16 model is the default on an accelerator. The CPU model remains as the fallback.
ENV ONNXRUNTIME_NODE_INSTALL=cuda12 PROVIDER=cuda
RUN npm ci --omit=dev --no-audit --no-fund \
  && node node_modules/onnxruntime-node/script/install.js \
  && node dist/tools/model-builder/models.command.js prepare \
  && rm -rf .cache/packs

# --- Contents of the images, collected where a shell is available ---

FROM build AS api-files
# The process with a network has no decoder and no model on its disk.
# @nestjs/swagger brings Swagger UI, which nothing here loads.
RUN rm -rf node_modules/onnxruntime-* node_modules/sharp node_modules/@img node_modules/swagger-ui-dist \
  dist/apps/worker dist/apps/audit dist/apps/cli dist/tools
COPY deploy/containers/closure.sh deploy/containers/closure.sh
RUN deploy/containers/closure.sh runtime - node prlimit

FROM build AS worker-files
RUN rm -rf node_modules/onnxruntime-node/bin/napi-v*/darwin node_modules/onnxruntime-node/bin/napi-v*/win32 \
  dist/apps/api dist/apps/web dist/apps/audit dist/apps/cli dist/tools
COPY deploy/containers/closure.sh deploy/containers/packages.sh deploy/containers/worker.packages deploy/containers/
# Remove packages that the worker never loads, such as the web server.
RUN deploy/containers/packages.sh deploy/containers/worker.packages
RUN deploy/containers/closure.sh runtime node_modules node prlimit

FROM ${CUDA_IMAGE} AS cuda

FROM build-cuda AS worker-cuda-files
RUN rm -rf node_modules/onnxruntime-node/bin/napi-v*/darwin node_modules/onnxruntime-node/bin/napi-v*/win32 \
  dist/apps/api dist/apps/web dist/apps/audit dist/apps/cli dist/tools
COPY deploy/containers/closure.sh deploy/containers/packages.sh deploy/containers/worker.packages deploy/containers/
# Remove packages that the worker never loads, such as the web server.
RUN deploy/containers/packages.sh deploy/containers/worker.packages
RUN deploy/containers/closure.sh runtime node_modules node prlimit
# Libraries of ONNX Runtime's CUDA provider. The container runtime adds the driver.
COPY --from=cuda /usr/local/cuda/lib64/libcublas.so.12 /usr/local/cuda/lib64/libcublasLt.so.12 cuda/
COPY --from=cuda /usr/local/cuda/lib64/libcudart.so.12 /usr/local/cuda/lib64/libcufft.so.11 cuda/
COPY --from=cuda /usr/local/cuda/lib64/libcurand.so.10 /usr/local/cuda/lib64/libnvrtc.so.12 cuda/
COPY --from=cuda /usr/lib/x86_64-linux-gnu/libcudnn*.so.9 cuda/

FROM ${DEBIAN_IMAGE} AS redis-files
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends redis-server util-linux \
  && rm -rf /var/lib/apt/lists/*
COPY deploy/containers/closure.sh deploy/containers/closure.sh
# The program is executable but not readable. The kernel makes no core dump of such a program.
RUN deploy/containers/closure.sh runtime - redis-server redis-cli prlimit && chmod 0111 runtime/usr/bin/redis-server

FROM ${DEBIAN_IMAGE} AS edge-files
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends nginx-light util-linux \
  && rm -rf /var/lib/apt/lists/*
COPY deploy/containers/closure.sh deploy/containers/closure.sh
RUN deploy/containers/closure.sh runtime - nginx prlimit && chmod 0111 runtime/usr/bin/nginx

# --- The images ---
#
# prlimit replaces contained.sh: no file writes and no core dumps. It then becomes the program.
# Users are numeric, so that runAsNonRoot works without a list of users. They own no file.

FROM scratch AS api
COPY --from=api-files /app/runtime /
WORKDIR /app
COPY --from=api-files /app/package.json ./
COPY deploy/containers/health.mjs health.mjs
COPY --from=api-files /app/node_modules node_modules
COPY --from=api-files /app/dist dist
# The list of models, for /v1/models, without the models.
COPY models/manifest.json models/manifest.json
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 \
  GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0
USER 10001:10001
EXPOSE 3000
ENTRYPOINT ["/usr/bin/prlimit", "--core=0:0", "--fsize=0:0", "/usr/bin/node"]
CMD ["dist/apps/api/src/main.js"]

FROM scratch AS worker
COPY --from=worker-files /app/runtime /
WORKDIR /app
COPY --from=worker-files /app/package.json ./
COPY deploy/containers/health.mjs health.mjs
COPY --from=worker-files /app/node_modules node_modules
COPY --from=worker-files /app/models models
COPY --from=worker-files /app/.cache/models .cache/models
COPY --from=worker-files /app/dist dist
ENV NODE_ENV=production GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0
USER 10001:10001
ENTRYPOINT ["/usr/bin/prlimit", "--core=0:0", "--fsize=0:0", "/usr/bin/node"]
CMD ["dist/apps/worker/src/main.js"]

FROM scratch AS worker-cuda
COPY --from=worker-cuda-files /app/runtime /
WORKDIR /app
COPY --from=worker-cuda-files /app/package.json ./
COPY deploy/containers/health.mjs health.mjs
COPY --from=worker-cuda-files /app/node_modules node_modules
COPY --from=worker-cuda-files /app/models models
COPY --from=worker-cuda-files /app/.cache/models .cache/models
COPY --from=worker-cuda-files /app/dist dist
COPY --from=worker-cuda-files /app/cuda /usr/local/cuda/lib64
ENV NODE_ENV=production GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0 \
  PROVIDER=cuda REQUIRE_ACCELERATOR=true LD_LIBRARY_PATH=/usr/local/cuda/lib64 \
  NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001
ENTRYPOINT ["/usr/bin/prlimit", "--core=0:0", "--fsize=0:0", "/usr/bin/node"]
CMD ["dist/apps/worker/src/main.js"]

FROM scratch AS redis
COPY --from=redis-files /app/runtime /
COPY redis.conf /etc/redis/redis.conf
WORKDIR /run/redis
ENV MALLOC_CONF=junk:free JE_MALLOC_CONF=junk:free
USER 10001:10001
ENTRYPOINT ["/usr/bin/prlimit", "--core=0:0", "--fsize=0:0", "/usr/bin/redis-server"]
CMD ["/etc/redis/redis.conf", "--unixsocket", "/run/redis/redis.sock", "--unixsocketperm", "700"]

FROM scratch AS edge
COPY --from=edge-files /app/runtime /
COPY deploy/nginx /etc/removebg-edge
WORKDIR /run/edge
ENV GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0
USER 10001:10001
EXPOSE 8443
# Lets requests finish.
STOPSIGNAL SIGQUIT
# 512 bytes: nginx writes its process id, and no image fits.
ENTRYPOINT ["/usr/bin/prlimit", "--core=0:0", "--fsize=512:512", "/usr/bin/nginx"]
CMD ["-p", "/run/edge", "-c", "/etc/removebg-edge/nginx.conf"]
