# syntax=docker/dockerfile:1
# Belfry as one static program in an otherwise empty image: docs/operate/deploy.md.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# -buildvcs=false where .git is not a folder, as in a worktree: the program then tells no version.
ARG GOFLAGS
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/belfry ./cmd/belfry
RUN mkdir -m 0750 /out/data

FROM scratch
LABEL org.opencontainers.image.title="Belfry" \
      org.opencontainers.image.description="The notification bell for any web app" \
      org.opencontainers.image.licenses="Apache-2.0"
# Whom mail servers, NATS and PostgreSQL are believed by.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/belfry /usr/bin/belfry
# A volume that is new takes the owner from here.
COPY --from=build --chown=65532:65532 /out/data /data
COPY LICENSE /LICENSE

USER 65532:65532
# .env, categories.yaml and templates are looked for here.
WORKDIR /data
VOLUME /data
ENV BELFRY_ADDR=:8000 BELFRY_DATABASE_URL=sqlite:/data/belfry.db
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/bin/belfry", "health"]
ENTRYPOINT ["/usr/bin/belfry"]
CMD ["serve"]
