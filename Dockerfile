# The plain programs, for a cluster: docker build --target api . and docker build --target processor .
# All of it on one machine needs none of this: ./dev run.

FROM rust:1.95.0-trixie AS build
# The C codecs are built from their sources.
RUN apt-get update && apt-get install -y --no-install-recommends cmake nasm && rm -rf /var/lib/apt/lists/*
WORKDIR /tintype
COPY . .
# rust-toolchain.toml asks for the linter too, which nothing here needs.
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN cargo build --release --locked -p api -p processor

# glibc and libgcc, no shell; the C++ library of the codecs is in the programs.
FROM gcr.io/distroless/cc-debian13:nonroot AS api
COPY --from=build /tintype/target/release/api /api
ENV TINTYPE_LISTEN=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["/api"]

FROM gcr.io/distroless/cc-debian13:nonroot AS processor
COPY --from=build /tintype/target/release/processor /processor
ENTRYPOINT ["/processor"]
