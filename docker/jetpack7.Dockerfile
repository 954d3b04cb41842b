# The node on a Jetson Thor with JetPack 7.0 or 7.1, with ROS 2 Jazzy and TensorRT 10.13. Build and run it
# on the Jetson; docs/jetson.md tells what `docker run` needs.
#
#   docker build -f docker/jetpack7.Dockerfile -t seg_node .
FROM nvcr.io/nvidia/tensorrt:25.09-py3

SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# Ubuntu 24.04 lets pip install beside its own packages only when told to.
ENV DEBIAN_FRONTEND=noninteractive PIP_BREAK_SYSTEM_PACKAGES=1 LANG=C.UTF-8 ROS_DISTRO=jazzy PATH=/usr/local/cuda/bin:$PATH

# Versions are those of the distribution: it keeps only the newest one of each package.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends curl ca-certificates gnupg \
 && curl -fsSL https://raw.githubusercontent.com/ros/rosdistro/master/ros.key \
      -o /usr/share/keyrings/ros-archive-keyring.gpg \
 && echo "deb [signed-by=/usr/share/keyrings/ros-archive-keyring.gpg] http://packages.ros.org/ros2/ubuntu noble main" \
      > /etc/apt/sources.list.d/ros2.list \
 && apt-get update \
 && apt-get install --yes --no-install-recommends \
      build-essential python3-dev python3-pip python3-opencv python3-yaml \
      ros-jazzy-ros-base ros-jazzy-cv-bridge ros-jazzy-vision-msgs python3-colcon-common-extensions \
 && rm -rf /var/lib/apt/lists/*

# NumPy stays at 1.26, ROS's modules are compiled for it.
RUN pip install --no-cache-dir pycuda==2026.1 nvidia-cuda-nvrtc==13.0.88 onnxruntime==1.31.1 \
      'numpy<2'

WORKDIR /ws
COPY . src/seg_node
RUN . /opt/ros/jazzy/setup.bash && python3 -m colcon build --packages-select seg_node

COPY docker/entrypoint.bash /entrypoint.bash
ENTRYPOINT ["/entrypoint.bash"]
CMD ["ros2", "launch", "seg_node", "seg.launch.py", "respawn:=true"]
