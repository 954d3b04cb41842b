# The node on a Jetson Orin with JetPack 6.2, with ROS 2 Humble and TensorRT 10.3. Build and run it
# on the Jetson; docs/jetson.md tells what `docker run` needs.
#
#   docker build -f docker/jetpack6.Dockerfile -t seg_node .
FROM nvcr.io/nvidia/l4t-jetpack:r36.4.0

SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8 ROS_DISTRO=humble PATH=/usr/local/cuda/bin:$PATH

# Versions are those of the distribution: it keeps only the newest one of each package.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends curl ca-certificates gnupg \
 && curl -fsSL https://raw.githubusercontent.com/ros/rosdistro/master/ros.key \
      -o /usr/share/keyrings/ros-archive-keyring.gpg \
 && echo "deb [signed-by=/usr/share/keyrings/ros-archive-keyring.gpg] http://packages.ros.org/ros2/ubuntu jammy main" \
      > /etc/apt/sources.list.d/ros2.list \
 && apt-get update \
 && apt-get install --yes --no-install-recommends \
      build-essential python3-dev python3-pip python3-libnvinfer python3-opencv python3-yaml \
      ros-humble-ros-base ros-humble-cv-bridge ros-humble-vision-msgs python3-colcon-common-extensions \
 && rm -rf /var/lib/apt/lists/*

# The distribution's NumPy stays, ROS's modules are compiled for it: onnxruntime comes without its
# dependencies, and then with the rest of them.
RUN pip install --no-cache-dir pycuda==2026.1 nvidia-cuda-nvrtc-cu12==12.6.85 \
      flatbuffers==25.12.19 protobuf==6.33.6 \
 && pip install --no-cache-dir --no-deps onnxruntime==1.23.2

WORKDIR /ws
COPY . src/seg_node
RUN . /opt/ros/humble/setup.bash && python3 -m colcon build --packages-select seg_node

COPY docker/entrypoint.bash /entrypoint.bash
ENTRYPOINT ["/entrypoint.bash"]
CMD ["ros2", "launch", "seg_node", "seg.launch.py", "respawn:=true"]
