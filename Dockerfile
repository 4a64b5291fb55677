# syntax=docker/dockerfile:1

# Built with the toolchain that Cargo.toml asks for, on the Debian that it will run on.
FROM rust:1-slim-bookworm AS build
# The allocator's own build.
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The registry and the target folder are caches of the builder, not layers of the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --profile dist --locked --bin handback \
    && install -D target/dist/handback /out/handback

# One binary: templates, styles, time zones and root certificates are inside it.
FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/handback --create-home --shell /usr/sbin/nologin handback
COPY --from=build /out/handback /usr/local/bin/handback
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/handback/
USER 10001
WORKDIR /var/lib/handback
# Alone, it keeps its data (and the keys it makes) in this volume; HANDBACK_PUBLIC_URL has to be given.
VOLUME /var/lib/handback
ENV HANDBACK_LISTEN=0.0.0.0:8080 \
    HANDBACK_STORE=embedded:/var/lib/handback
EXPOSE 8080
ENTRYPOINT ["handback"]
CMD ["serve"]
