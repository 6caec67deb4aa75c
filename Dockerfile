# Cinnabar in a container:
#
#   docker build -t cinnabar .
#   docker run -d -p 6379:6379 -v cinnabar-data:/data cinnabar
#   docker run -d -p 6379:6379 -v cinnabar-data:/data cinnabar --appendonly yes --maxmemory 1gb
#   docker run -d -p 6379:6379 -v "$PWD/my.conf:/etc/cinnabar.conf:ro" cinnabar /etc/cinnabar.conf
#
# The data is in the volume /data. The server runs as the user cinnabar (999).

FROM node:26-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts/build.ts scripts/
COPY src/ src/
RUN node scripts/build.ts

FROM node:26-bookworm-slim
RUN groupadd --system --gid 999 cinnabar \
    && useradd --system --uid 999 --gid 999 --home-dir /data --no-create-home --shell /usr/sbin/nologin cinnabar \
    && mkdir /data \
    && chown cinnabar:cinnabar /data
COPY package.json cinnabar.conf LICENSE /opt/cinnabar/
COPY bin/ /opt/cinnabar/bin/
COPY utils/docker-entrypoint.sh utils/health-check.ts /opt/cinnabar/utils/
COPY --from=build /build/dist/ /opt/cinnabar/dist/
ENV NODE_ENV=production PATH=/opt/cinnabar/bin:/opt/cinnabar/utils:$PATH
WORKDIR /data
VOLUME /data
EXPOSE 6379
USER cinnabar
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["node", "/opt/cinnabar/utils/health-check.ts"]
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["cinnabar-server"]
