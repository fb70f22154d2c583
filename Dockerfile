# Two images from one file: `docker build --target api .` and `docker build --target worker .`
# Debian, not Alpine: the worker relies on glibc to overwrite freed memory (GLIBC_TUNABLES), and musl cannot.

FROM node:24-bookworm-slim AS build
WORKDIR /app
# The package's install script would download CUDA libraries.
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --no-audit --no-fund
COPY tsconfig.json nest-cli.json ./
COPY launcher launcher
COPY libs libs
COPY apps apps
COPY models models
RUN npm run build && node dist/libs/inference/src/models.command.js prepare
# The weights are in .cache/models now; the package they came in is not needed any more.
RUN npm prune --omit=dev --no-audit --no-fund && rm -rf node_modules/@imgly

FROM build AS without-decoder
# The process that faces the network has no decoder and no model on its disk.
RUN rm -rf node_modules/onnxruntime-* node_modules/sharp node_modules/@img

FROM node:24-bookworm-slim AS base
WORKDIR /app
ENV NODE_ENV=production
# The same limits and allocator settings as everywhere else.
COPY launcher/contained.sh launcher/contained.sh
ENTRYPOINT ["launcher/contained.sh", "node"]
# A number, so that "runAsNonRoot" can be checked without /etc/passwd; nothing in /app belongs to it.
USER 10001:10001

FROM base AS api
COPY --from=without-decoder /app/package.json ./
COPY --from=without-decoder /app/node_modules node_modules
COPY --from=without-decoder /app/dist dist
# What is known of models, for /v1/models; the models themselves stay out.
COPY models/manifest.json models/manifest.json
ENV HOST=0.0.0.0 PORT=3000
EXPOSE 3000
CMD ["node", "dist/apps/api/src/main.js"]

FROM base AS worker
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/models models
COPY --from=build /app/.cache/models .cache/models
COPY --from=build /app/dist dist
CMD ["node", "dist/apps/worker/src/main.js"]
