# Hub and agent in one small image. It runs as a user of its own, on a read-only root: everything is kept in /var/lib/waystation.
#   docker build -t waystation .
#   docker run --read-only --tmpfs /tmp -v waystation:/var/lib/waystation -p 1883:1883 -p 127.0.0.1:8080:8080 waystation

FROM node:22.14.0-bookworm-slim AS console
WORKDIR /src/console
COPY console/package.json console/package-lock.json console/.npmrc ./
RUN npm install --no-save --no-audit --no-fund
# The console's types are made from the document of the API.
COPY docs/openapi.json /src/docs/openapi.json
COPY console/ ./
RUN npm run build

FROM rust:1.90.0-bookworm AS programs
WORKDIR /src
COPY . .
COPY --from=console /src/console/dist console/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked -p waystation-hub -p waystation-agent \
    && install -D -t /out/usr/local/bin target/release/waystation-hub target/release/waystation-agent

FROM debian:12.11-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 waystation \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/waystation --shell /usr/sbin/nologin waystation \
    && install -d -o waystation -g waystation -m 0700 /var/lib/waystation
COPY --from=programs /out/ /
COPY scripts/compose/healthcheck.sh /usr/local/bin/waystation-healthcheck
USER 10001:10001
WORKDIR /var/lib/waystation
# Outside of the container nothing is reached unless its port is published; reading needs a token then.
ENV WAYSTATION_DATA_DIR=/var/lib/waystation WAYSTATION_HTTP__LISTEN=0.0.0.0:8080
EXPOSE 1883 8080
# SIGTERM drains; the hub gives up after 30 s.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["waystation-healthcheck"]
ENTRYPOINT ["waystation-hub"]
CMD ["run"]
