# The demo, and every other command, on the CPU of an x86-64 computer:
#
#   docker build -f docker/laptop.Dockerfile -t seg_node .
#   docker run --rm -v "$PWD/out:/seg_node/out" seg_node                        # the demo
#   docker run --rm -v "$PWD/out:/seg_node/out" -v "$PWD:/data:ro" seg_node \
#     scripts/demo --input /data/drive.mp4
FROM python:3.12-slim-bookworm

# One who owns what the commands write. A mounted out/ must be writable for user 1000.
RUN useradd --create-home --uid 1000 robot && install -d -o robot /seg_node/out
WORKDIR /seg_node
COPY --chown=robot . .
USER 1000
RUN scripts/setup demo

CMD ["scripts/demo"]
